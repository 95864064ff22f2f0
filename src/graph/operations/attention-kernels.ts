import { AiprodError } from '../../errors';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest, UniformWord } from '../operation';
import { attentionRules, attentionSizes, biasStrides, type AttentionSizes } from './attention';

const attentionKernels = ['attention/quad_tile', 'attention/workgroup_tile'] as const;
export type AttentionKernel = (typeof attentionKernels)[number];

/** Quads of a workgroup of attention/quad_tile: each holds 16 columns of the output. */
function quadsOf({ head }: AttentionSizes): number {
  return Math.ceil(head / 16);
}

/**
 * Which kernel attends. On the processor a load is a gather, so there a quad shares its loads by swaps; a graphics processor
 * wants slices in workgroup memory.
 */
export function chooseAttentionKernel(sizes: AttentionSizes, { capabilities, forceKernel }: LoweringRequest): AttentionKernel {
  const quads = quadsOf(sizes);
  const usable: Readonly<Record<AttentionKernel, boolean>> = {
    'attention/quad_tile':
      capabilities.subgroups &&
      1088 * quads <= capabilities.maxWorkgroupStorageBytes &&
      4 * quads <= capabilities.maxInvocationsPerWorkgroup,
    'attention/workgroup_tile': true,
  };
  if (forceKernel !== undefined) {
    const forced = attentionKernels.find((kernel) => kernel === forceKernel && usable[kernel]);
    if (forced === undefined) throw new AiprodError('bad-usage', `kernel ${forceKernel} cannot attend with these sizes on this device`);
    return forced;
  }
  return capabilities.software && usable['attention/quad_tile'] ? 'attention/quad_tile' : 'attention/workgroup_tile';
}

/** Kernel selection for attention: from sizes, types and what the device can do. */
export function lowerAttention(request: LoweringRequest): Lowering {
  const [q, k, , bias] = request.inputs;
  const sizes = attentionSizes(q.shape, k.shape);
  const { batch, queries, keys, heads, keyHeads, head } = sizes;
  const { scale, causal, window } = attentionRules(request.attributes);
  const kernel = chooseAttentionKernel(sizes, request);
  const { queriesPerGroup, constants } = variants[kernel](sizes);
  const tiles = Math.ceil(queries / queriesPerGroup);
  const { epilogue, operands } = epilogueParts(request, request.inputs.length + 1);
  const counts = [queries, keys, heads, heads / keyHeads];
  const strides = bias === undefined ? [0, 0, 0, 0] : biasStrides(bias.shape, sizes);
  const words: UniformWord[] = [
    ...counts.map((u32) => ({ u32 })),
    { f32: scale },
    ...[window, ...strides, tiles, batch, Math.ceil(head / 4), 4].map((u32) => ({ u32 })),
  ];
  const call: KernelCall = {
    kernel,
    conditions: { vector: head % 4 === 0, bias: bias !== undefined, causal, window: window > 0 },
    constants: { HEAD: head, ...constants },
    features: kernel === 'attention/quad_tile' ? ['subgroups'] : [],
    modules: { epilogue },
    operands: [{ kind: 'output' }, ...request.inputs.map((_, index) => ({ kind: 'input' as const, index })), ...operands],
    uniforms: words,
    workgroups: foldedGrid(tiles * heads * batch, 1),
    flops: 4 * batch * heads * queries * keys * head,
  };
  return { calls: [call] };
}

const variants: Readonly<
  Record<AttentionKernel, (sizes: AttentionSizes) => { queriesPerGroup: number; constants: Record<string, number> }>
> = {
  'attention/quad_tile': (sizes) => ({ queriesPerGroup: 16, constants: { QUADS: quadsOf(sizes) } }),
  'attention/workgroup_tile': ({ head }) => ({ queriesPerGroup: 32, constants: { CHUNKS: Math.ceil(head / 32) } }),
};
