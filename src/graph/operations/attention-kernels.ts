import { epilogueParts } from '../epilogue';
import type { KernelCall, Lowering, LoweringRequest, UniformWord } from '../operation';
import { attentionRules, attentionSizes, biasStrides, type AttentionSizes } from './attention';

/** Kernel selection for attention: from sizes, types and what the device can do. */
export function lowerAttention(request: LoweringRequest): Lowering {
  const [q, k] = request.inputs;
  return { calls: [registerRows(request, attentionSizes(q.shape, k.shape))] };
}

function registerRows(request: LoweringRequest, sizes: AttentionSizes): KernelCall {
  const { queries, heads, batch, head } = sizes;
  const group = 32;
  return {
    kernel: 'attention/register_rows',
    constants: { HEAD: head, VECTORS: Math.ceil(head / 4), GROUP: group },
    workgroups: [Math.ceil(queries / group), heads, batch],
    ...sharedParts(request, sizes),
  };
}

/** What every attention kernel takes: operands, uniform parameters and conditions. */
function sharedParts(request: LoweringRequest, sizes: AttentionSizes): Pick<KernelCall, 'conditions' | 'modules' | 'operands' | 'uniforms' | 'flops'> {
  const { batch, queries, keys, heads, keyHeads, head } = sizes;
  const { scale, causal, window } = attentionRules(request.attributes);
  const bias = request.inputs[3];
  const { epilogue, operands } = epilogueParts(request, bias === undefined ? 4 : 5);
  const words: UniformWord[] = [{ u32: queries }, { u32: keys }, { u32: heads }, { u32: heads / keyHeads }, { f32: scale }, { u32: window }];
  const strides = bias === undefined ? [0, 0, 0, 0] : biasStrides(bias.shape, sizes);
  return {
    conditions: { vector: head % 4 === 0, bias: bias !== undefined, causal, window: window > 0 },
    modules: { epilogue },
    operands: [{ kind: 'output' }, ...request.inputs.map((_, index) => ({ kind: 'input' as const, index })), ...operands],
    uniforms: [...words, ...strides.map((u32) => ({ u32 }))],
    flops: 4 * batch * heads * queries * keys * head,
  };
}
