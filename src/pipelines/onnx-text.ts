import { AiprodError } from '../errors';
import type { PromptStates } from '../text';
import type { Json } from './dag';
import type { EncoderPart, ModelFamily } from './model-family';
import type { OnnxTextEncoder } from './opening/text-encoder';
import type { EncodedText } from './video-machine';

/** How the text of a family goes through its encoder. */
export interface FamilyText {
  readonly parts: readonly EncoderPart[];
  readonly identity: Json;
  readonly encode: ModelFamily['encodeText'];
}

/**
 * The text of a family whose prompts an encoder in ONNX form reads: loaded for one call and let go, so that the transformer has the memory.
 * @param length most tokens of a prompt
 * @param width channels that the transformer reads
 */
export function onnxText(encoder: OnnxTextEncoder, length: number, width: number): FamilyText {
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
