import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { replaceLoneSurrogates, type Tokenizer } from './tokenizer';

const modelSchema = z.looseObject({ model: z.looseObject({ type: z.enum(['Unigram', 'BPE']) }) });
const tokenName = z.union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)]);
const configSchema = z.looseObject({
  pad_token: tokenName.nullish(),
  eos_token: tokenName.nullish(),
  model_max_length: z.number().positive().nullish(),
});

/** Prompt length where the config names none; transformers writes 1e30 for "no limit". */
const USUAL_MAX_LENGTH = 512;

/**
 * A tokenizer in Hugging Face's tokenizer.json form (Unigram or BPE), by the library `@huggingface/tokenizers`.
 * The library replaces a SentencePiece character map ("Precompiled" normalizer, as in T5's own file) by Unicode's NFKC; the
 * two differ for a few rare characters.
 * @param tokenizer parsed tokenizer.json
 * @param config parsed tokenizer_config.json; {} when there is none
 * @throws AiprodError 'bad-weights' when the files are malformed
 */
export function jsonTokenizer(tokenizer: unknown, config: unknown, name = 'tokenizer.json'): Tokenizer {
  const parsed = modelSchema.safeParse(tokenizer);
  const parsedConfig = configSchema.safeParse(config);
  if (!parsed.success) throw malformed(name, 'a tokenizer.json with a Unigram or BPE model', describe(parsed.error));
  if (!parsedConfig.success) throw malformed(name, 'a tokenizer_config.json', describe(parsedConfig.error));
  const padToken = parsedConfig.data.pad_token ?? '<pad>';
  const eosToken = parsedConfig.data.eos_token ?? '</s>';
  let library: HuggingFaceTokenizer;
  let vocabularySize: number;
  try {
    library = new HuggingFaceTokenizer(parsed.data, { ...parsedConfig.data, eos_token: eosToken });
    vocabularySize = library.get_vocab().size;
  } catch (cause) {
    throw malformed(
      name,
      'a tokenizer.json that the tokenizer library takes',
      cause instanceof Error ? cause.message : String(cause),
      cause,
    );
  }
  const idOf = (token: string): number => {
    const id = library.token_to_id(token);
    if (id === undefined) throw malformed(name, `the token ${token}`, 'none');
    return id;
  };
  return {
    name,
    vocabularySize,
    padId: idOf(padToken),
    eosId: idOf(eosToken),
    maxLength: Math.min(parsedConfig.data.model_max_length ?? USUAL_MAX_LENGTH, USUAL_MAX_LENGTH),
    encode: (text) => library.encode(replaceLoneSurrogates(text), { add_special_tokens: false }).ids,
  };
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
