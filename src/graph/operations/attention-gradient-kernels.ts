import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest, UniformWord } from '../operation';
import { attentionRules, attentionSizes, biasStrides, type AttentionSizes } from './attention';

/** Invocations of a workgroup where each serves a query (or key) of one head. */
const groupSize = { software: 4, gpu: 64 };

/** Rows that a quad serves in the tiled kernels. */
const tileRows = 16;

/** Which kernel, and how many queries (or keys) of one head a workgroup serves. */
interface Choice {
  readonly kernel: string;
  readonly rows: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly tiled: boolean;
}

/** On the processor a load is a gather, so there a quad shares its loads by swaps, as the forward pass does. */
function quadsShare({ capabilities }: LoweringRequest): boolean {
  return capabilities.software && capabilities.subgroups;
}

function chooseStatistics(request: LoweringRequest): Choice {
  if (!quadsShare(request)) return single('attention/statistics', request);
  const group = 16;
  return { kernel: 'attention/statistics_tile', rows: (group / 4) * tileRows, constants: { GROUP: group }, tiled: true };
}

/** @param shared vectors in workgroup memory for each quad */
function chooseGradient(kernel: string, { head }: AttentionSizes, shared: number, request: LoweringRequest): Choice {
  const quads = Math.ceil(head / 16);
  const { maxWorkgroupStorageBytes, maxInvocationsPerWorkgroup } = request.capabilities;
  const fits = 16 * shared * quads <= maxWorkgroupStorageBytes && 4 * quads <= maxInvocationsPerWorkgroup;
  if (!quadsShare(request) || !fits) return single(kernel, request);
  return { kernel: 'attention/gradient_tile', rows: tileRows, constants: { QUADS: quads }, tiled: true };
}

function single(kernel: string, { capabilities }: LoweringRequest): Choice {
  const rows = capabilities.software ? groupSize.software : groupSize.gpu;
  return { kernel, rows, constants: { GROUP: rows }, tiled: false };
}

/** What the kernels of attention's gradient have in common. */
function call(
  request: LoweringRequest,
  { kernel, rows, constants, tiled }: Choice,
  biasIndex: number,
  rowsOf: 'queries' | 'keys',
  products: number,
): KernelCall {
  const { inputs, attributes } = request;
  const [q, k] = inputs;
  const bias = inputs.length > biasIndex ? inputs[biasIndex] : undefined;
  const sizes = attentionSizes(q.shape, k.shape);
  const { batch, queries, keys, heads, keyHeads, head } = sizes;
  const { scale, causal, window } = attentionRules(attributes);
  const strides = bias === undefined ? [0, 0, 0, 0] : biasStrides(bias.shape, sizes);
  const tiles = Math.ceil(sizes[rowsOf] / rows);
  const lines = rowsOf === 'queries' ? heads : keyHeads;
  const words: UniformWord[] = [
    ...[queries, keys, heads, heads / keyHeads].map((u32) => ({ u32 })),
    { f32: scale },
    ...[window, ...strides, tiles, batch, Math.ceil(head / 4), 4].map((u32) => ({ u32 })),
  ];
  return {
    kernel,
    conditions: {
      vector: head % 4 === 0,
      bias: bias !== undefined,
      causal,
      window: window > 0,
      ...(tiled ? { keys: rowsOf === 'keys' } : {}),
    },
    constants: { HEAD: head, ...constants },
    ...(tiled ? { features: ['subgroups'] } : {}),
    operands: [{ kind: 'output' }, ...inputs.map((_, index) => ({ kind: 'input' as const, index }))],
    uniforms: words,
    workgroups: foldedGrid(tiles * lines * batch, 1),
    flops: 2 * products * batch * heads * queries * keys * head,
  };
}

function sizesOf({ inputs: [q, k] }: LoweringRequest): AttentionSizes {
  return attentionSizes(q.shape, k.shape);
}

/** Kernel selection for `attentionStatistics`. */
export function lowerStatistics(request: LoweringRequest): Lowering {
  return { calls: [call(request, chooseStatistics(request), 2, 'queries', 1)] };
}

/** Kernel selection for `attentionQueryGradient`. */
export function lowerQueryGradient(request: LoweringRequest): Lowering {
  return { calls: [call(request, chooseGradient('attention/query_gradient', sizesOf(request), 64, request), 6, 'queries', 3)] };
}

/** Kernel selection for `attentionKeyGradient`. */
export function lowerKeyGradient(request: LoweringRequest): Lowering {
  return { calls: [call(request, chooseGradient('attention/key_gradient', sizesOf(request), 128, request), 6, 'keys', 4)] };
}
