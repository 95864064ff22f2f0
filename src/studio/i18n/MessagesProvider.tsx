import type { ReactNode } from 'react';
import { IntlProvider } from 'use-intl';
import { bestLocale, type Locale } from './locales';
import { en } from './messages/en';

export interface MessagesProviderProps {
  /** That of the browser when left out. */
  readonly locale?: Locale;
  readonly children: ReactNode;
}

/** Gives the studio its words. A word that is missing is a fault: it is reported, and its key shown. */
export function MessagesProvider({ locale, children }: MessagesProviderProps) {
  const chosen = locale ?? bestLocale(typeof navigator === 'undefined' ? [] : navigator.languages);
  return (
    <IntlProvider locale={chosen} messages={en} timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone} onError={report}>
      {children}
    </IntlProvider>
  );
}

function report(error: Error): void {
  console.error(error.message);
}
