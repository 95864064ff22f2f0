import { z } from 'zod';
import { AiprodError } from '../../errors';
import { pieceKind } from './sentencepiece-model';
import { unigramTokenizer } from './t5-sentencepiece';
import type { Tokenizer } from './tokenizer';

/** What GGUF files of T5 and UMT5 say of their SentencePiece model (llama.cpp's keys). */
const schema = z.object({
  'tokenizer.ggml.model': z.literal('t5'),
  'tokenizer.ggml.tokens': z.array(z.string()).min(1),
  'tokenizer.ggml.scores': z.array(z.number()),
  'tokenizer.ggml.token_type': z.array(z.number().int()),
  'tokenizer.ggml.add_space_prefix': z.boolean().default(true),
  'tokenizer.ggml.remove_extra_whitespaces': z.boolean().default(true),
  'tokenizer.ggml.precompiled_charsmap': z.array(z.number()).optional(),
});

/**
 * The tokenizer in the metadata of a GGUF file of T5 or UMT5; undefined where there is none.
 * @param values the file's metadata
 * @throws AiprodError 'bad-weights' when the lists do not belong together, 'unsupported-model' for another kind of tokenizer
 */
export function ggufTokenizer(values: ReadonlyMap<string, unknown>, name: string): Tokenizer | undefined {
  const kind = values.get('tokenizer.ggml.model');
  if (kind === undefined) return undefined;
  const hint = 'Put tokenizer.json or spiece.model of the same model beside it';
  if (kind !== 't5') {
    throw new AiprodError('unsupported-model', 'this kind of tokenizer in a GGUF file cannot be read', {
      where: name,
      expected: 't5',
      found: typeof kind === 'string' ? kind : typeof kind,
      hint,
    });
  }
  const malformed = (expected: string, found: string): AiprodError =>
    new AiprodError('bad-weights', 'the tokenizer in the GGUF file is malformed', { where: name, expected, found, hint });
  const parsed = schema.safeParse(Object.fromEntries(values));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed('lists of tokens, scores and types', `${issue.path.map(String).join('.')}: ${issue.message}`);
  }
  const { 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.scores': scores, 'tokenizer.ggml.token_type': types } = parsed.data;
  if (scores.length !== tokens.length || types.length !== tokens.length) {
    throw malformed(`${tokens.length} scores and types`, `${scores.length} and ${types.length}`);
  }
  const pieces = tokens.map((text, id) => {
    const pieceOf = pieceKind(types[id]);
    if (pieceOf === undefined) throw malformed('types from 1 to 6', `${types[id]} of token ${id}`);
    return { text, score: scores[id], kind: pieceOf };
  });
  if (!pieces.some((piece) => piece.kind === 'unknown')) throw malformed('an unknown token', 'none');
  const model = {
    pieces,
    mapsCharacters: parsed.data['tokenizer.ggml.precompiled_charsmap'] !== undefined,
    addsSpace: parsed.data['tokenizer.ggml.add_space_prefix'],
    joinsSpaces: parsed.data['tokenizer.ggml.remove_extra_whitespaces'],
  };
  // The list has all ids that the model has; those that T5 appends are unused ones here.
  return unigramTokenizer(model, { extra_ids: 0 }, name);
}
