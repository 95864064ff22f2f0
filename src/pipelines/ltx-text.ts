import { buildTextEncoderGraph } from '../models';
import { encodePrompt } from '../text';
import type { EncoderPart } from './model-family';
import { onnxText, type FamilyText } from './onnx-text';
import type { LtxModel } from './opening/ltx-model';
import type { T5TextEncoder } from './opening/text-encoder';

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
