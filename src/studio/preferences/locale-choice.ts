import { useCallback, useState } from 'react';
import { isLocale, type Locale } from '../i18n/locales';

const key = 'aiprod-locale';

function storedLocale(): Locale | undefined {
  try {
    const stored = localStorage.getItem(key) ?? '';
    return isLocale(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** The chosen language, kept over visits; undefined where none was chosen: that of the browser then. */
export function useLocaleChoice(): readonly [Locale | undefined, (locale: Locale) => void] {
  const [locale, setLocale] = useState(storedLocale);
  const choose = useCallback((next: Locale) => {
    setLocale(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // A browser that keeps nothing still shows the choice until the tab closes.
    }
  }, []);
  return [locale, choose];
}
