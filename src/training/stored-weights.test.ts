import { expect, it } from 'vitest';
import { evaluateGraph, storeParametersAs, type EncodingOf } from '../graph';
import { readModelCase, relativeError } from '../models/testing/golden';
import { verifyTrainingCase } from '.';

/** What the codes of a base may change of the gradients beside it, as of LTX-Video's (quantised-base.gpu.test.ts). */
const tolerance = 0.05;

const encodings: readonly { readonly how: string; readonly name: string; readonly encodingOf: EncodingOf }[] = [
  {
    how: 'an adapter over a base in int8',
    name: 'train_ltx2_lora',
    encodingOf: ({ name }) => (name.includes('lora_') ? undefined : { encoding: 'int8' }),
  },
  { how: 'an adapter and its base in bfloat16', name: 'train_ltx2_lora', encodingOf: () => ({ encoding: 'bf16' }) },
  { how: 'all weights in bfloat16', name: 'train_ltx2', encodingOf: () => ({ encoding: 'bf16' }) },
];

it.each(encodings)('$name: $how learns what the reference does', async ({ name, encodingOf }) => {
  const { golden } = readModelCase(`models/${name}`);
  const encoded = new Set<string>();
  const comparisons = await verifyTrainingCase(golden, (graph, inputs, read) => {
    const stored = storeParametersAs(graph, (spec, use) => (spec.name.startsWith('gradient.') ? undefined : encodingOf(spec, use)));
    for (const { id, encoding } of stored.nodes) if (encoding !== undefined) encoded.add(stored.parameters.get(id)?.name ?? '');
    return evaluateGraph(stored, inputs, read);
  });
  const layers = ['attn1', 'audio_attn2', 'audio_to_video_attn', 'video_to_audio_attn', 'audio_ff.net.0.proj'];
  for (const layer of layers) expect([...encoded].filter((weight) => weight.includes(`.0.${layer}.`)).length, layer).toBeGreaterThan(0);
  for (const { name: output, actual, expected } of comparisons)
    expect.soft(relativeError(actual, expected.data), output).toBeLessThan(tolerance);
});
