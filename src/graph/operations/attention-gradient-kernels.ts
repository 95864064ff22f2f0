import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest, UniformWord } from '../operation';
import { attentionRules, attentionSizes, biasStrides } from './attention';

/** Invocations of a workgroup: neighbouring queries (or keys) of one head. */
const groupSize = { software: 4, gpu: 64 };

/** What the kernels of attention's gradient have in common: one invocation a query, or a key, of one head. */
function call(request: LoweringRequest, kernel: string, biasIndex: number, rowsOf: 'queries' | 'keys', products: number): KernelCall {
  const { inputs, attributes, capabilities } = request;
  const [q, k] = inputs;
  const bias = inputs.length > biasIndex ? inputs[biasIndex] : undefined;
  const sizes = attentionSizes(q.shape, k.shape);
  const { batch, queries, keys, heads, keyHeads, head } = sizes;
  const { scale, causal, window } = attentionRules(attributes);
  const strides = bias === undefined ? [0, 0, 0, 0] : biasStrides(bias.shape, sizes);
  const group = capabilities.software ? groupSize.software : groupSize.gpu;
  const tiles = Math.ceil(sizes[rowsOf] / group);
  const lines = rowsOf === 'queries' ? heads : keyHeads;
  const words: UniformWord[] = [
    ...[queries, keys, heads, heads / keyHeads].map((u32) => ({ u32 })),
    { f32: scale },
    ...[window, ...strides, tiles, batch, Math.ceil(head / 4)].map((u32) => ({ u32 })),
  ];
  return {
    kernel,
    conditions: { vector: head % 4 === 0, bias: bias !== undefined, causal, window: window > 0 },
    constants: { HEAD: head, GROUP: group },
    operands: [{ kind: 'output' }, ...inputs.map((_, index) => ({ kind: 'input' as const, index }))],
    uniforms: words,
    workgroups: foldedGrid(tiles * lines * batch, 1),
    flops: 2 * products * batch * heads * queries * keys * head,
  };
}

/** Kernel selection for `attentionStatistics`. */
export function lowerStatistics(request: LoweringRequest): Lowering {
  return { calls: [call(request, 'attention/statistics', 2, 'queries', 1)] };
}

/** Kernel selection for `attentionQueryGradient`. */
export function lowerQueryGradient(request: LoweringRequest): Lowering {
  return { calls: [call(request, 'attention/query_gradient', 6, 'queries', 3)] };
}

/** Kernel selection for `attentionKeyGradient`. */
export function lowerKeyGradient(request: LoweringRequest): Lowering {
  return { calls: [call(request, 'attention/key_gradient', 6, 'keys', 4)] };
}
