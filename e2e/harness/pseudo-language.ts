import type { Language, MessageTree } from '../../src/studio';
import { en } from '../../src/studio/i18n/messages/en';

/** English in brackets, half as long again, from right to left: what is not in brackets is no message, what does not fit is seen. */
export const pseudoLanguage: Language = { tag: 'en', direction: 'rtl', messages: lengthened(en) };

function lengthened(tree: MessageTree): MessageTree {
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [
      key,
      typeof value === 'string' ? `[${value}${' ·'.repeat(Math.ceil(Math.min(value.length, 60) / 4))}]` : lengthened(value),
    ]),
  );
}
