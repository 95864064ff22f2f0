import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { Language } from '../i18n/language';
import { bestLocale, type Locale } from '../i18n/locales';
import { useLocaleChoice } from './locale-choice';
import { useTheme, type Theme } from './theme';

/** How a person wants the studio to look and speak. */
export interface Preferences {
  readonly theme: Theme;
  /** Undefined where the host decides. */
  readonly chooseTheme: ((theme: Theme) => void) | undefined;
  readonly locale: Locale | Language;
  /** Undefined where the host decides. */
  readonly chooseLocale: ((locale: Locale) => void) | undefined;
}

const PreferencesContext = createContext<Preferences | undefined>(undefined);

export interface PreferencesProviderProps {
  /** The host's choice; a person's own when left out. */
  readonly theme?: Theme;
  /** The host's choice; a person's own when left out. */
  readonly locale?: Locale | Language;
  readonly children: ReactNode;
}

export function PreferencesProvider({ theme: hostTheme, locale: hostLocale, children }: PreferencesProviderProps) {
  const [ownTheme, chooseTheme] = useTheme();
  const [ownLocale, chooseLocale] = useLocaleChoice();
  const preferences = useMemo(
    () => ({
      theme: hostTheme ?? ownTheme,
      chooseTheme: hostTheme === undefined ? chooseTheme : undefined,
      locale: hostLocale ?? ownLocale ?? bestLocale(typeof navigator === 'undefined' ? [] : navigator.languages),
      chooseLocale: hostLocale === undefined ? chooseLocale : undefined,
    }),
    [hostTheme, ownTheme, chooseTheme, hostLocale, ownLocale, chooseLocale],
  );
  return <PreferencesContext.Provider value={preferences}>{children}</PreferencesContext.Provider>;
}

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (preferences === undefined) throw new Error('this component must be inside <Studio>');
  return preferences;
}
