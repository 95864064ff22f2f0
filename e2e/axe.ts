/** What axe finds on a page, in words. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Target sizes of 24 pixels (2.5.8) among them, which axe leaves out where no tag asks for them. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Of these, the rules on colours: all that a theme can change, for themes are colours alone. */
const colourRules = ['color-contrast', 'link-in-text-block'];

export interface AxeScope {
  /** Selectors of elements that are looked at; the whole page where none is named. */
  readonly regions?: readonly string[];
}

/** All that axe finds on the page as it is, one line a rule. */
export function axeFindings(page: Page, scope: AxeScope = {}): Promise<string[]> {
  return findings(page, scope, (axe) => axe.withTags(tags));
}

/** All that axe finds on the page, and the faults of colour that it finds in the other theme. The page must follow the system's theme. */
export async function axeFindingsInBothThemes(page: Page, scope: AxeScope = {}): Promise<string[]> {
  const ink = (): Promise<string> =>
    page
      .locator('.aiprod-studio')
      .first()
      .evaluate((studio) => getComputedStyle(studio).color);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const lightInk = await ink();
  const light = await axeFindings(page, scope);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await expect.poll(ink).not.toBe(lightInk);
  const dark = await findings(page, scope, (axe) => axe.withRules(colourRules));
  return [...light.map((found) => `light: ${found}`), ...dark.map((found) => `dark: ${found}`)];
}

async function findings(page: Page, { regions = [] }: AxeScope, choose: (axe: AxeBuilder) => AxeBuilder): Promise<string[]> {
  // No page here has frames, for whose results axe would open another page each time.
  const axe = choose(new AxeBuilder({ page }).setLegacyMode());
  for (const region of regions) axe.include(region);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
}
