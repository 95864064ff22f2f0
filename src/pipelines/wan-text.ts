import { buildTextEncoderGraph } from '../models';
import { encodePrompts } from '../text';
import type { EncoderPart } from './model-family';
import { onnxText, type FamilyText } from './onnx-text';
import type { T5TextEncoder } from './opening/text-encoder';
import type { WanModel } from './opening/wan-model';
import type { EncodedText } from './video-machine';

/** The text of Wan 2.1. The transformer has no mask and reads all tokens: what stands for padding is zeros. */
export function wanText({ textEncoder, maxSequenceLength: length, transformer }: WanModel): FamilyText {
  if (textEncoder.kind === 't5') return umt5Text(textEncoder, length);
  const text = onnxText(textEncoder, Math.min(length, textEncoder.maxLength), transformer.text_dim);
  return {
    ...text,
    encode: async (prompts, ...rest) => lengthened(await text.encode(prompts.map(cleanPrompt), ...rest), length),
  };
}

function umt5Text({ config, tokenizer }: T5TextEncoder, length: number): FamilyText {
  const part: EncoderPart = {
    component: 'text_encoder',
    blocks: 'encoder.block',
    graph: ({ batch }, dtype) => buildTextEncoderGraph(config, { batch, length, masked: true, dtype }).graph,
  };
  return {
    parts: [part],
    identity: JSON.stringify([config, length]),
    async encode(prompts, _, run) {
      const { ids, mask } = encodePrompts(tokenizer, prompts.map(cleanPrompt), length);
      const [states] = await run(part, { input_ids: ids, attention_mask: mask }, ['last_hidden_state']);
      return { prompts: prompts.length, states: withoutPadding(states, mask), mask };
    },
  };
}

/** Spaces as one space each, as the reference cleans prompts; its repair of broken text (ftfy) is left out. */
function cleanPrompt(prompt: string): string {
  return prompt.replace(/\s+/gu, ' ').trim();
}

function withoutPadding(states: Float32Array, mask: Float32Array): Float32Array {
  const width = states.length / mask.length;
  return states.map((value, k) => (mask[Math.floor(k / width)] === 0 ? 0 : value));
}

/** Prompts of fewer tokens with zeros behind them. */
function lengthened({ prompts, states, mask }: EncodedText, length: number): EncodedText {
  const tokens = mask.length / prompts;
  const width = states.length / mask.length;
  const longer = { states: new Float32Array(prompts * length * width), mask: new Float32Array(prompts * length) };
  for (let prompt = 0; prompt < prompts; prompt++) {
    longer.states.set(states.subarray(prompt * tokens * width, (prompt + 1) * tokens * width), prompt * length * width);
    longer.mask.set(mask.subarray(prompt * tokens, (prompt + 1) * tokens), prompt * length);
  }
  return { prompts, ...longer };
}
