/** For tests in Node and in the browser: the encoder of fixtures/onnx-encoder against what onnxruntime (Python) made of its prompts. */
import { z } from 'zod';
import type { TokenizerFiles } from '../tokenizers';
import { openOnnxEncoder, type OnnxRuntime } from './open-onnx-encoder';

const expectedSchema = z.object({
  prompts: z.array(z.string()),
  length: z.number(),
  width: z.number(),
  mask: z.array(z.number()),
  states: z.array(z.number()),
});

/** Largest difference of a state, over all prompts. Shapes and masks must agree. */
export async function onnxEncoderDifference(files: TokenizerFiles, runtime: OnnxRuntime): Promise<number> {
  const expected = expectedSchema.parse(JSON.parse((await files.readText('expected.json')) ?? ''));
  const encoder = await openOnnxEncoder(files, runtime, { maxLength: expected.length });
  try {
    const { states, mask, width, layers, length } = await encoder.encode(expected.prompts);
    if (states.length !== expected.states.length || width !== expected.width || layers !== 1 || length !== expected.length) return Infinity;
    if (mask.join() !== expected.mask.join()) return Infinity;
    return states.reduce((most, value, k) => Math.max(most, Math.abs(value - expected.states[k])), 0);
  } finally {
    await encoder.close();
  }
}
