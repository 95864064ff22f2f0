import type { Messages } from '../i18n/messages/en';

/** Why something cannot be used: a key of the messages `compose.reasons`, with its values. */
export interface Reason {
  readonly key: keyof Messages['compose']['reasons'];
  readonly values?: Readonly<Record<string, string | number>>;
}

/** Why a field cannot be used, and the nearest value that can. */
export interface FieldIssue {
  readonly reason: Reason;
  readonly suggestion?: string;
}
