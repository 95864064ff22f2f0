import { useEffect, useState } from 'react';
import { english, loadLanguage, type Language } from './language';
import type { Locale } from './locales';

/** The language to show, loaded when it is not at hand: undefined until then. One that cannot be loaded gives way to English. */
export function useLanguage(wanted: Locale | Language): Language | undefined {
  const [loaded, setLoaded] = useState<{ readonly locale: Locale; readonly language: Language }>();
  const locale = typeof wanted === 'string' ? wanted : undefined;
  useEffect(() => {
    if (locale === undefined || locale === 'en') return;
    let current = true;
    loadLanguage(locale).then(
      (language) => current && setLoaded({ locale, language }),
      (error: unknown) => {
        console.error(`the language ${locale} could not be loaded: ${String(error)}`);
        if (current) setLoaded({ locale, language: english });
      },
    );
    return () => {
      current = false;
    };
  }, [locale]);
  if (typeof wanted !== 'string') return wanted;
  if (wanted === 'en') return english;
  // While another one is on its way, the one before stays: words that come and go would be worse than a moment of the old ones.
  return loaded?.language;
}
