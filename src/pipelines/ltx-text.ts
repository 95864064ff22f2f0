import { AiprodError } from '../errors';
import { buildTextEncoderGraph } from '../models';
import { encodePrompt, type PromptStates } from '../text';
import type { Json } from './dag';
import type { EncodedText } from './video-machine';
import type { ModelFamily, EncoderPart } from './model-family';
import type { LtxModel } from './opening/ltx-model';
import type { OnnxTextEncoder, T5TextEncoder } from './opening/ltx-text-encoder';

/** How the text of a family goes through its encoder. */
export interface FamilyText {
  readonly parts: readonly EncoderPart[];
  readonly identity: Json;
  readonly encode: ModelFamily['encodeText'];
}

/** The text of LTX-Video. */
export function ltxText({ textEncoder, maxSequenceLength, transformer }: LtxModel): FamilyText {
  return textEncoder.kind === 't5'
    ? t5Text(textEncoder, maxSequenceLength)
    : onnxText(textEncoder, maxSequenceLength, transformer.caption_channels);
}

function t5Text({ config, tokenizer }: T5TextEncoder, length: number): FamilyText {
  const part: EncoderPart = {
    component: 'text_encoder',
    blocks: 'encoder.block',
    graph: ({ batch }, dtype) => buildTextEncoderGraph(config, { batch, length, masked: false, dtype }).graph,
  };
  return {
    parts: [part],
    identity: JSON.stringify([config, length]),
    async encode(prompts, _, run) {
      const encoded = prompts.map((prompt) => encodePrompt(tokenizer, prompt, length));
      const ids = Int32Array.from(encoded.flatMap((prompt) => [...prompt.ids]));
      // The LTX pipeline lets the encoder see padding; only the transformer is given the mask.
      const [states] = await run(part, { input_ids: ids }, ['last_hidden_state']);
      return { prompts: prompts.length, states, mask: Float32Array.from(encoded.flatMap((prompt) => [...prompt.mask])) };
    },
  };
}

/** Loaded for one call and let go, so that the transformer has the memory. */
function onnxText(encoder: OnnxTextEncoder, length: number, width: number): FamilyText {
  return {
    parts: [],
    identity: JSON.stringify(['onnx', length]),
    async encode(prompts, _, __, signal) {
      signal.throwIfAborted();
      const opened = await encoder.open(length);
      try {
        return textOf(await opened.encode(prompts, signal), width, encoder.name);
      } finally {
        await opened.close();
      }
    },
  };
}

/** States as the transformer reads them; what an encoder leaves at padding is not defined and becomes 0. */
function textOf({ prompts, states, mask, width }: PromptStates, wanted: number, where: string): EncodedText {
  if (width !== wanted) {
    throw new AiprodError('bad-weights', 'the text encoder does not belong to this transformer', {
      where,
      expected: `${wanted} channels`,
      found: `${width}`,
    });
  }
  const kept = states.map((value, k) => (mask[Math.floor(k / width)] === 1 ? value : 0));
  if (!kept.every(Number.isFinite)) throw new AiprodError('not-finite', 'the text encoder gives values that are no numbers', { where });
  return { prompts, states: kept, mask };
}
