import { AiprodError } from '../../errors';

export type PaddingSide = 'left' | 'right';

/** Ids of the special tokens that frame a prompt. */
export interface PromptFrame {
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/** Text to token ids, without the special tokens that frame a prompt. */
export interface Tokenizer {
  /** Name for messages. */
  readonly name: string;
  readonly vocabularySize: number;
  readonly padId: number;
  /** What stands before and after a prompt: T5 marks its end, Gemma its start, BERT both. */
  readonly frame: PromptFrame;
  /** Side on which short prompts are padded. */
  readonly padding: PaddingSide;
  /** Longest prompt that the tokenizer's own config names, in tokens with its frame. */
  readonly maxLength: number;
  /** Ids of a text in time linear in its length; any string is allowed, also an empty one. */
  encode(text: string): number[];
}

/** A prompt as the text encoder takes it. */
export interface EncodedPrompt {
  /** [maxLength] */
  readonly ids: Int32Array<ArrayBuffer>;
  /** [maxLength], 1 for tokens of the prompt and its frame, 0 for padding. */
  readonly mask: Int32Array<ArrayBuffer>;
  /** Tokens of the whole prompt with its frame, before anything was cut. */
  readonly tokenCount: number;
  /** Whether the prompt was longer than maxLength and its end was cut; worth a note to the person. */
  readonly isTruncated: boolean;
}

/** Longest prompt taken, in UTF-16 units. Far past what any text encoder reads. */
export const LONGEST_PROMPT = 100_000;

/**
 * A prompt as the tokenizer's model wants it: framed by its special tokens, cut so that these stay, padded.
 * @param maxLength tokens, as many as the frame has or more
 * @param padding the side, where a model asks for another than its tokenizer's files say
 * @throws AiprodError 'bad-input' when the prompt has more than 100,000 characters
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  prompt: string,
  maxLength = tokenizer.maxLength,
  padding: PaddingSide = tokenizer.padding,
): EncodedPrompt {
  const { start, end } = tokenizer.frame;
  const framing = start.length + end.length;
  const least = Math.max(1, framing);
  if (!Number.isInteger(maxLength) || maxLength < least) {
    throw new AiprodError('bad-input', 'the prompt length is impossible', {
      expected: `a whole number of tokens, ${least} or more`,
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
  const kept = Math.min(tokens.length, maxLength - framing);
  const first = padding === 'left' ? maxLength - framing - kept : 0;
  const ids = new Int32Array(maxLength).fill(tokenizer.padId);
  const mask = new Int32Array(maxLength).fill(1, first, first + framing + kept);
  ids.set(start, first);
  for (let k = 0; k < kept; k++) ids[first + start.length + k] = tokens[k];
  ids.set(end, first + start.length + kept);
  return { ids, mask, tokenCount: tokens.length + framing, isTruncated: tokens.length > kept };
}

/** Halves of a surrogate pair that stand alone are no character; they become U+FFFD, as when the text is written as UTF-8. */
export function replaceLoneSurrogates(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
