import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { Tokenizer } from './tokenizer';

const PAD = 0;
const END = 1;
const UNKNOWN = 2;

const vocabularySchema = z.array(z.string().min(1)).min(3).max(1_000_000);

/**
 * A tokenizer over a list of whole words, used by the embedded model: the text is lower-cased, everything but letters and
 * numbers (Unicode categories L and N) parts words, and words outside the list become `<unk>`.
 * @param vocabulary parsed vocab.json: `<pad>`, `</s>`, `<unk>`, then the words; a word's place is its id
 * @throws AiprodError 'bad-weights' when the list is malformed
 */
export function wordsTokenizer(vocabulary: unknown, maxLength: number, name = 'vocab.json'): Tokenizer {
  const parsed = vocabularySchema.safeParse(vocabulary);
  const words = parsed.success ? parsed.data : [];
  const ids = new Map(words.map((word, id) => [word, id]));
  if (words[PAD] !== '<pad>' || words[END] !== '</s>' || words[UNKNOWN] !== '<unk>' || ids.size !== words.length) {
    throw new AiprodError('bad-weights', 'the vocabulary is malformed', {
      where: name,
      expected: 'a list of different words that starts with <pad>, </s>, <unk>',
      found: parsed.success
        ? `${words.slice(0, 3).join(', ')} and ${words.length - ids.size} repeated words`
        : parsed.error.issues[0].message,
    });
  }
  return {
    name,
    vocabularySize: words.length,
    padId: PAD,
    frame: { start: [], end: [END] },
    padding: 'right',
    maxLength,
    encode: (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => ids.get(word) ?? UNKNOWN),
  };
}
