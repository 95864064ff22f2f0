import type { KernelVariant } from '../gpu';
import type { TensorType } from './types';
import { rowMultiple } from './weight-encoding';

/**
 * What a kernel that reads rows of a weight adds to its call: the module of `kernels/weights` that it imports as
 * `package::weights`, with that module's conditions and constants. The weight has binding 2.
 * @param inner elements in a row.
 */
export function weightParts(
  weight: TensorType,
  inner: number,
): Required<Pick<KernelVariant, 'implementations' | 'conditions' | 'constants'>> {
  const { encoding } = weight;
  if (encoding === undefined) {
    return { implementations: { weights: 'weights/plain' }, conditions: { vector_weights: inner % 4 === 0 }, constants: {} };
  }
  const int4 = encoding.encoding === 'int4';
  return {
    implementations: { weights: `weights/${encoding.encoding}` },
    conditions: int4 ? { weight_zeros: encoding.zeros === true } : {},
    constants: int4 ? { WEIGHT_GROUP: rowMultiple(encoding) } : {},
  };
}
