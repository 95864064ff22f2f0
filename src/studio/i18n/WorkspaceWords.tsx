import { useMemo, type ReactNode } from 'react';
import { IntlProvider, useLocale, useMessages } from 'use-intl';
import { overlay } from './language';
import { workspaceWords } from './messages/en-workspaces';

/** Gives a workspace that is loaded when it is opened its words, beside those that the studio has. */
export function WorkspaceWords({ children }: { readonly children: ReactNode }) {
  const messages = useMessages();
  const whole = useMemo(() => ({ ...messages, ...overlay(workspaceWords, messages) }), [messages]);
  return (
    <IntlProvider locale={useLocale()} messages={whole}>
      {children}
    </IntlProvider>
  );
}
