/** Languages that the studio speaks, by BCP 47 tag, each named in itself. */
export const localeNames = { en: 'English', de: 'Deutsch', es: 'Español', fr: 'Français', ja: '日本語', zh: '简体中文' } as const;
export type Locale = keyof typeof localeNames;

export const locales: readonly Locale[] = Object.keys(localeNames).filter(isLocale);

export function isLocale(tag: string): tag is Locale {
  return Object.hasOwn(localeNames, tag);
}

/** The first of the wanted languages that the studio speaks; English where it speaks none. */
export function bestLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split('-');
    if (language !== undefined && isLocale(language)) return language;
  }
  return 'en';
}
