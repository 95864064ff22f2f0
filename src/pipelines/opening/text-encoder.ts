import type { TextEncoderConfig } from '../../models';
import type { PromptEncoder, Tokenizer } from '../../text';
import type { HashedFile } from './component-weights';

/** T5 or UMT5, whose programs run on the GPU as the transformer's do. */
export interface T5TextEncoder {
  readonly kind: 't5';
  readonly config: TextEncoderConfig;
  readonly tokenizer: Tokenizer;
}

/** Another encoder in ONNX form, run by onnxruntime on the processor; open only while prompts are encoded. */
export interface OnnxTextEncoder {
  readonly kind: 'onnx';
  /** Name for messages: its file. */
  readonly name: string;
  /** Channels of its states; undefined where the file leaves them open, so that only running it tells. */
  readonly width: number | undefined;
  /** Tokens of a prompt that it reads at most. */
  readonly maxLength: number;
  /** What it is made of, the tokenizer included. */
  readonly files: readonly HashedFile[];
  open(maxLength: number): Promise<PromptEncoder>;
}

/** What encodes the prompts of a model of LTX-Video or Wan. */
export type T5OrOnnx = T5TextEncoder | OnnxTextEncoder;

/** Channels of an encoder's states, where they are known. */
export function widthOf(encoder: T5OrOnnx): number | undefined {
  return encoder.kind === 't5' ? encoder.config.d_model : encoder.width;
}
