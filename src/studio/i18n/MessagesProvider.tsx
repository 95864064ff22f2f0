import { useMemo, type ReactNode } from 'react';
import { IntlProvider } from 'use-intl';
import { completeMessages, type Language } from './language';

export interface MessagesProviderProps {
  readonly language: Language;
  readonly children: ReactNode;
}

/** Gives the studio its words. A word that is missing is a fault: it is reported, and its key shown. */
export function MessagesProvider({ language, children }: MessagesProviderProps) {
  const messages = useMemo(() => completeMessages(language), [language]);
  return (
    <IntlProvider locale={language.tag} messages={messages} timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone} onError={report}>
      {children}
    </IntlProvider>
  );
}

function report(error: Error): void {
  console.error(error.message);
}
