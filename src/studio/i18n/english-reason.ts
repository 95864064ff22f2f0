import { createTranslator } from 'use-intl/core';
import { reasonAgainst } from '../state/reason-against';
import type { StudioState } from '../state/studio-store';
import { en } from './messages/en';

/** Why the form as it stands makes no clip, in English for a program's errors; undefined when nothing is in the way. */
export function englishReasonAgainst(state: StudioState): string | undefined {
  const reason = reasonAgainst(state, { modelTitle: (name) => name, problemTitle: ({ report }) => report.replace(/\.$/, '') });
  if (reason === undefined) return undefined;
  return createTranslator({ locale: 'en', messages: en, namespace: 'compose.reasons' })(reason.key, reason.values);
}
