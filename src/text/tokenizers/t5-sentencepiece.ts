import { z } from 'zod';
import { readSentencePieceModel, type SentencePieceModel } from './sentencepiece-model';
import type { Tokenizer } from './tokenizer';
import { jsonTokenizer } from './tokenizer-json';

/** How many `<extra_id_N>` T5 appends to the pieces of its spiece.model, the highest number first, where its config says nothing else. */
const EXTRA_IDS = 100;
const configSchema = z.looseObject({ extra_ids: z.number().int().min(0).max(1000).default(EXTRA_IDS) });

/** Stands for pieces that no text may become; it is no character. */
const NO_TEXT = '\uFFFF';

/**
 * T5's tokenizer from its spiece.model alone, in the terms of tokenizer.json: Unicode NFKC in place of the file's own
 * character map (they differ for a few rare characters). UMT5's is another of the kind, with pieces for bytes.
 * @param config parsed tokenizer_config.json; {} when there is none
 * @throws AiprodError 'bad-weights' or 'unsupported-model'
 */
export function t5SentencePieceTokenizer(bytes: Uint8Array, config: unknown, name = 'spiece.model'): Tokenizer {
  return unigramTokenizer(readSentencePieceModel(bytes, name), config, name);
}

/** The tokenizer of a SentencePiece model, wherever that was read; see {@link t5SentencePieceTokenizer}. */
export function unigramTokenizer(model: SentencePieceModel, config: unknown, name: string): Tokenizer {
  const { pieces, mapsCharacters, addsSpace, joinsSpaces } = model;
  const extraIds = configSchema.safeParse(config).data?.extra_ids ?? EXTRA_IDS;
  const extra = Array.from({ length: extraIds }, (_, k): [string, number] => [`<extra_id_${extraIds - 1 - k}>`, 0]);
  // Only scores of normal pieces count for what an unknown character costs; unused ones may have any.
  const vocabulary = pieces.map(({ text, score, kind }, id): [string, number] => [
    kind === 'unused' ? `${NO_TEXT}${id}` : text,
    kind === 'normal' ? score : 0,
  ]);
  const special = pieces.flatMap(({ text, kind }, id) => (kind === 'control' || kind === 'unknown' ? [{ id, content: text }] : []));
  const userDefined = pieces.flatMap(({ text, kind }, id) => (kind === 'user-defined' ? [{ id, content: text }] : []));
  const added = { single_word: false, lstrip: false, rstrip: false };
  const tokenizer = {
    added_tokens: [
      ...[...special, ...extra.map(([content], k) => ({ id: pieces.length + k, content }))].map((token) => ({
        ...token,
        ...added,
        normalized: false,
        special: true,
      })),
      ...userDefined.map((token) => ({ ...token, ...added, normalized: true, special: false })),
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(mapsCharacters ? [{ type: 'Precompiled', precompiled_charsmap: null }] : []),
        ...(joinsSpaces
          ? [
              { type: 'Strip', strip_left: true, strip_right: true },
              { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
            ]
          : []),
      ],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: addsSpace ? 'always' : 'never', split: true },
    post_processor: null,
    decoder: null,
    model: {
      type: 'Unigram',
      unk_id: pieces.findIndex(({ kind }) => kind === 'unknown'),
      vocab: [...vocabulary, ...extra],
      byte_fallback: pieces.some(({ kind }) => kind === 'byte'),
    },
  };
  return jsonTokenizer(tokenizer, config, name);
}
