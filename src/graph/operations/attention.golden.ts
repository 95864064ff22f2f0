/** For tests: PyTorch's attention cases (scaled_dot_product_attention, layout [B, H, N, D]) as graphs of ours. */
import { z } from 'zod';
import type { GoldenTensor } from '../../golden';
import { readGoldenCase } from '../../golden/testing';
import { permuteData } from '../permute-data';
import type { Graph } from '../graph';
import { Tracer } from '../tracer';
import { attention } from './attention';

export const attentionGoldenCases: readonly string[] = [
  'op_sdpa_bias',
  'op_sdpa_causal',
  'op_sdpa_d128_gqa',
  'op_sdpa_d32_mask',
  'op_sdpa_d64',
  'op_sdpa_scale1',
  'op_sdpa_window',
];

const parameters = z.object({ scale: z.number().optional(), causal: z.boolean().optional(), window: z.number().optional() });

export interface GoldenAttention {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly expected: Float32Array;
  readonly tolerance: number;
}

export function goldenAttention(name: string): GoldenAttention {
  const { golden, tolerance } = readGoldenCase(name);
  const headsInside = (tensor: GoldenTensor | undefined): { data: Float32Array; shape: number[] } => {
    if (!(tensor?.data instanceof Float32Array)) throw new Error(`${name} lacks a float32 tensor`);
    return { data: permuteData(tensor.data, tensor.shape, [0, 2, 1, 3]), shape: [0, 2, 1, 3].map((axis) => tensor.shape[axis]) };
  };
  const tracer = new Tracer();
  const [q, k, v] = ['q', 'k', 'v'].map((input) => headsInside(golden.inputs.get(input)));
  const inputs: Record<string, Float32Array> = { q: q.data, k: k.data, v: v.data };
  const options = parameters.parse(golden.params);
  const mask = golden.inputs.get('mask');
  const bias = mask === undefined ? {} : { bias: tracer.input('bias', mask.shape) };
  if (mask?.data instanceof Float32Array) inputs.bias = mask.data;
  tracer.output(
    'y',
    attention(tracer.input('q', q.shape), tracer.input('k', k.shape), tracer.input('v', v.shape), { ...options, ...bias }),
  );
  return { graph: tracer.finish(), inputs, expected: headsInside(golden.outputs.get('y')).data, tolerance: tolerance.f32 };
}
