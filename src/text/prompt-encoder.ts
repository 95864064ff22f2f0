import { encodePrompt, type PaddingSide, type Tokenizer } from './tokenizers';

/** What a text encoder makes of prompts. */
export interface PromptStates {
  readonly prompts: number;
  /** Tokens of each prompt, padding included. */
  readonly length: number;
  readonly width: number;
  /** Hidden states of each token: 1, or all of the encoder's layers and the embedding. */
  readonly layers: number;
  /** [prompts, length, width, layers]; rows of padding are undefined. */
  readonly states: Float32Array;
  /** [prompts, length], 1 for tokens and 0 for padding. */
  readonly mask: Float32Array;
}

/** A text encoder with its tokenizer, whatever it runs on. */
export interface PromptEncoder {
  readonly name: string;
  encode(prompts: readonly string[], signal?: AbortSignal): Promise<PromptStates>;
  close(): Promise<void>;
}

/** Prompts as a text encoder takes them. */
export interface PromptBatch {
  readonly length: number;
  /** [prompts, length] */
  readonly ids: Int32Array;
  /** [prompts, length], 1 for tokens and 0 for padding. */
  readonly mask: Float32Array;
}

/** Encodes prompts to one length. @throws AiprodError 'bad-input' for a prompt that is too long to be read. */
export function encodePrompts(tokenizer: Tokenizer, prompts: readonly string[], length: number, padding?: PaddingSide): PromptBatch {
  const ids = new Int32Array(prompts.length * length);
  const mask = new Float32Array(prompts.length * length);
  prompts.forEach((prompt, row) => {
    const encoded = encodePrompt(tokenizer, prompt, length, padding);
    ids.set(encoded.ids, row * length);
    mask.set(encoded.mask, row * length);
  });
  return { length, ids, mask };
}
