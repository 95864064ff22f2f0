import { AiprodError } from '../../errors';
import type { Shape } from '../types';

/** An axis counted from the end when negative. @throws AiprodError `shape-mismatch` when there is no such axis. */
export function resolveAxis(axis: number, shape: Shape, where: string): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(resolved) && resolved >= 0 && resolved < shape.length) return resolved;
  throw new AiprodError('shape-mismatch', `${where} names an axis the value does not have`, {
    expected: `an axis from ${-shape.length} to ${shape.length - 1} of [${shape.join(', ')}]`,
    found: String(axis),
  });
}
