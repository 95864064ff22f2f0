/** Prompts to token ids. All of it runs in the browser and in Node. */
export { ggufTokenizer } from './gguf-tokenizer';
export { openTokenDecoder, openTokenizer, type TokenizerFiles } from './open-tokenizer';
export { t5SentencePieceTokenizer } from './t5-sentencepiece';
export {
  encodePrompt,
  LONGEST_PROMPT,
  replaceLoneSurrogates,
  type EncodedPrompt,
  type PaddingSide,
  type PromptFrame,
  type Tokenizer,
} from './tokenizer';
export { jsonTokenizer } from './tokenizer-json';
export { wordsTokenizer } from './words';
