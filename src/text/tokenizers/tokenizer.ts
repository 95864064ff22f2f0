import { AiprodError } from '../../errors';

/** Text to token ids, without the special tokens that frame a prompt. */
export interface Tokenizer {
  /** Name for messages. */
  readonly name: string;
  readonly vocabularySize: number;
  readonly padId: number;
  readonly eosId: number;
  /** Longest prompt that the tokenizer's own config names, in tokens with the end mark. */
  readonly maxLength: number;
  /** Ids of a text in time linear in its length; any string is allowed, also an empty one. */
  encode(text: string): number[];
}

/** A prompt as the text encoder takes it. */
export interface EncodedPrompt {
  /** [maxLength] */
  readonly ids: Int32Array<ArrayBuffer>;
  /** [maxLength], 1 for tokens of the prompt and its end mark, 0 for padding. */
  readonly mask: Int32Array<ArrayBuffer>;
  /** Tokens of the whole prompt with its end mark, before anything was cut. */
  readonly tokenCount: number;
  /** Whether the prompt was longer than maxLength and its end was cut; worth a note to the person. */
  readonly isTruncated: boolean;
}

/** Longest prompt taken, in UTF-16 units. Far past what any text encoder reads. */
export const LONGEST_PROMPT = 100_000;

/**
 * A prompt by T5's conventions: `</s>` is appended, a long prompt is cut so that `</s>` stays, padding stands on the right.
 * @param maxLength tokens, 1 or more
 * @throws AiprodError 'bad-input' when the prompt has more than 100,000 characters
 */
export function encodePrompt(tokenizer: Tokenizer, prompt: string, maxLength = tokenizer.maxLength): EncodedPrompt {
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw new AiprodError('bad-input', 'the prompt length is impossible', {
      expected: 'a whole number of tokens, 1 or more',
      found: `${maxLength}`,
    });
  }
  if (prompt.length > LONGEST_PROMPT) {
    throw new AiprodError('bad-input', 'the prompt is too long', {
      expected: `at most ${LONGEST_PROMPT} characters`,
      found: `${prompt.length}`,
      hint: `Shorten it; only the first ${maxLength} tokens are read`,
    });
  }
  const tokens = tokenizer.encode(replaceLoneSurrogates(prompt));
  const kept = Math.min(tokens.length, maxLength - 1);
  const ids = new Int32Array(maxLength).fill(tokenizer.padId);
  const mask = new Int32Array(maxLength);
  for (let k = 0; k < kept; k++) ids[k] = tokens[k];
  ids[kept] = tokenizer.eosId;
  mask.fill(1, 0, kept + 1);
  return { ids, mask, tokenCount: tokens.length + 1, isTruncated: tokens.length > kept };
}

/** Halves of a surrogate pair that stand alone are no character; they become U+FFFD, as when the text is written as UTF-8. */
export function replaceLoneSurrogates(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
