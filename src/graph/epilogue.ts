import type { KernelOperand, LoweringRequest } from './operation';
import { epilogueModule } from './pointwise/wgsl';

/**
 * What a kernel that absorbs an epilogue adds to its call: the generated `package::epilogue` module and the operands of the
 * expression's inputs, whose bindings start at `firstBinding`.
 */
export function epilogueParts(request: LoweringRequest, firstBinding: number): { epilogue: string; operands: KernelOperand[] } {
  const inputs = request.epilogue?.inputs ?? [];
  return {
    epilogue: epilogueModule(
      request.epilogue?.expression,
      inputs.map((type, k) => ({ type, binding: firstBinding + k })),
      request.output.shape,
    ),
    operands: inputs.map((_, k) => ({ kind: 'input', index: request.inputs.length + k })),
  };
}
