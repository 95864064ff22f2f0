/**
 * uPlot asks the browser's language for its numbers as it is loaded, and cannot be loaded where that is no language tag, as in browsers
 * started under some system settings (`en-US@posix`). There a plain one stands in its place for that moment.
 */
export async function withLanguageTag<Loaded>(browser: Pick<Navigator, 'language'>, load: () => Promise<Loaded>): Promise<Loaded> {
  if (isTag(browser.language)) return load();
  Object.defineProperty(browser, 'language', { value: 'en', configurable: true });
  try {
    return await load();
  } finally {
    // The browser's own is on its prototype.
    Reflect.deleteProperty(browser, 'language');
  }
}

function isTag(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length === 1;
  } catch {
    return false;
  }
}
