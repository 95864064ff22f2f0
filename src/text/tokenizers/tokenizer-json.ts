import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { frameOf } from './prompt-frame';
import { replaceLoneSurrogates, type Tokenizer } from './tokenizer';

const modelSchema = z.looseObject({
  model: z.looseObject({
    type: z.enum(['Unigram', 'BPE', 'WordPiece']),
    byte_fallback: z.boolean().nullish(),
    unk_id: z.number().nullish(),
  }),
  post_processor: z.unknown().optional(),
});
const tokenName = z.union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)]);
const configSchema = z.looseObject({
  pad_token: tokenName.nullish(),
  eos_token: tokenName.nullish(),
  model_max_length: z.number().positive().nullish(),
  padding_side: z.enum(['left', 'right']).nullish(),
});

/** Prompt length where the config names none; transformers writes 1e30 for "no limit". */
const USUAL_MAX_LENGTH = 512;

/** Padding where the config names none. */
const USUAL_PAD_TOKENS = ['<pad>', '[PAD]'];

/**
 * A tokenizer in Hugging Face's tokenizer.json form (Unigram, BPE or WordPiece), by the library `@huggingface/tokenizers`.
 * The library replaces a SentencePiece character map ("Precompiled" normalizer, as in T5's own file) by Unicode's NFKC; the
 * two differ for a few rare characters.
 * @param tokenizer parsed tokenizer.json
 * @param config parsed tokenizer_config.json; {} when there is none
 * @throws AiprodError 'bad-weights' when the files are malformed
 */
export function jsonTokenizer(tokenizer: unknown, config: unknown, name = 'tokenizer.json'): Tokenizer {
  const { library, vocabularySize, model, eosToken, settings, postProcessor } = loadTokenizer(tokenizer, config, name);
  const idOf = (...tokens: string[]): number => {
    for (const token of tokens) {
      const id = library.token_to_id(token);
      if (id !== undefined) return id;
    }
    throw malformed(name, `the token ${tokens.join(' or ')}`, 'none');
  };
  const { pad_token, padding_side, model_max_length } = settings;
  const { type, byte_fallback, unk_id } = model;
  return {
    name,
    vocabularySize,
    padId: pad_token === undefined || pad_token === null ? idOf(...USUAL_PAD_TOKENS) : idOf(pad_token),
    // Files without a frame of their own are T5's, which marks the end.
    frame: frameOf(postProcessor, name) ?? { start: [], end: [idOf(eosToken)] },
    padding: padding_side ?? 'right',
    maxLength: Math.min(model_max_length ?? USUAL_MAX_LENGTH, USUAL_MAX_LENGTH),
    encode:
      type === 'Unigram' && byte_fallback === true && typeof unk_id === 'number'
        ? (text) => withBytes(library, replaceLoneSurrogates(text), unk_id)
        : (text) => library.encode(replaceLoneSurrogates(text), { add_special_tokens: false }).ids,
  };
}

/**
 * Ids to text, special tokens left out.
 * @throws AiprodError 'bad-weights' when the files are malformed
 */
export function jsonTokenDecoder(tokenizer: unknown, config: unknown, name = 'tokenizer.json'): (ids: readonly number[]) => string {
  const { library } = loadTokenizer(tokenizer, config, name);
  return (ids) => library.decode([...ids], { skip_special_tokens: true });
}

function loadTokenizer(tokenizer: unknown, config: unknown, name: string) {
  const parsed = modelSchema.safeParse(tokenizer);
  const parsedConfig = configSchema.safeParse(config);
  if (!parsed.success) throw malformed(name, 'a tokenizer.json with a Unigram, BPE or WordPiece model', describe(parsed.error));
  if (!parsedConfig.success) throw malformed(name, 'a tokenizer_config.json', describe(parsedConfig.error));
  const settings = parsedConfig.data;
  const eosToken = settings.eos_token ?? '</s>';
  try {
    const library = new HuggingFaceTokenizer(parsed.data, { ...settings, eos_token: eosToken });
    const { model, post_processor: postProcessor } = parsed.data;
    return { library, vocabularySize: library.get_vocab().size, model, eosToken, settings, postProcessor };
  } catch (cause) {
    throw malformed(
      name,
      'a tokenizer.json that the tokenizer library takes',
      cause instanceof Error ? cause.message : String(cause),
      cause,
    );
  }
}

/** Ids of a text whose characters without a piece are UTF-8 bytes, which the library leaves to BPE alone; unknown where a byte has no piece. */
function withBytes(library: HuggingFaceTokenizer, text: string, unknown: number): number[] {
  return library.tokenize(text).flatMap((token) => {
    const id = library.token_to_id(token);
    if (id !== undefined) return [id];
    const bytes = [...new TextEncoder().encode(token)].map((byte) =>
      library.token_to_id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return bytes.every((byte) => byte !== undefined) ? bytes : [unknown];
  });
}

function malformed(where: string, expected: string, found: string, cause?: unknown): AiprodError {
  return new AiprodError(
    'bad-weights',
    'the tokenizer is malformed',
    { where, expected, found, hint: 'Download the tokenizer files again' },
    { cause },
  );
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue.path.map(String).join('.')}: ${issue.message}`;
}
