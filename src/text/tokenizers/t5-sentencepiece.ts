import { readSentencePieceModel } from './sentencepiece-model';
import type { Tokenizer } from './tokenizer';
import { jsonTokenizer } from './tokenizer-json';

/** T5 appends these to the pieces of its spiece.model, the highest number first. */
const EXTRA_IDS = 100;

/**
 * T5's tokenizer from its spiece.model alone, in the terms of tokenizer.json: Unicode NFKC in place of the file's own
 * character map (they differ for a few rare characters), runs of spaces become one, spaces at the ends vanish.
 * @param config parsed tokenizer_config.json; {} when there is none
 * @throws AiprodError 'bad-weights' or 'unsupported-model'
 */
export function t5SentencePieceTokenizer(bytes: Uint8Array, config: unknown, name = 'spiece.model'): Tokenizer {
  const { pieces, unknownId, controlIds } = readSentencePieceModel(bytes, name);
  const extra = Array.from({ length: EXTRA_IDS }, (_, k): [string, number] => [`<extra_id_${EXTRA_IDS - 1 - k}>`, 0]);
  const special = [
    ...[...controlIds, unknownId].map((id) => ({ id, content: pieces[id][0] })),
    ...extra.map(([content], k) => ({ id: pieces.length + k, content })),
  ];
  const tokenizer = {
    added_tokens: special.map((token) => ({
      ...token,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Precompiled', precompiled_charsmap: null },
        { type: 'Strip', strip_left: true, strip_right: true },
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
      ],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: null,
    decoder: null,
    model: { type: 'Unigram', unk_id: unknownId, vocab: [...pieces, ...extra], byte_fallback: false },
  };
  return jsonTokenizer(tokenizer, config, name);
}
