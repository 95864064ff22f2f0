import { AiprodError } from '../errors';
import { rowMajorStrides, type Shape } from './types';

/** NumPy's broadcasting rule: trailing dimensions match or one of them is 1. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Shape {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new AiprodError('shape-mismatch', 'two shapes cannot be broadcast together', {
        where,
        expected: 'trailing dimensions that are equal or 1',
        found: `[${a.join(', ')}] and [${b.join(', ')}]`,
      });
    }
    shape[axis] = sizeA === 1 ? sizeB : sizeA;
  }
  return shape;
}

/** Strides in elements that read `from` as if it had shape `to`: 0 where a dimension is repeated. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = rowMajorStrides(from);
  const shift = to.length - from.length;
  return to.map((_, axis) => (axis < shift || from[axis - shift] === 1 ? 0 : own[axis - shift]));
}

/** One dimension of an index map after neighbouring dimensions with compatible strides were merged. */
export interface CollapsedDimension {
  readonly size: number;
  /** Distance in the output between neighbours along this dimension. */
  readonly outputStride: number;
  /** Distance in the input; 0 where it is repeated. */
  readonly inputStride: number;
}

/** Merges neighbouring dimensions so that an index map needs as few divisions as possible; dimensions of size 1 vanish. */
export function collapseBroadcast(from: Shape, to: Shape): CollapsedDimension[] {
  const input = broadcastStrides(from, to);
  const output = rowMajorStrides(to);
  const dimensions: CollapsedDimension[] = [];
  for (let axis = 0; axis < to.length; axis++) {
    if (to[axis] === 1) continue;
    const last = dimensions[dimensions.length - 1];
    if (last !== undefined && last.inputStride === input[axis] * to[axis] && last.outputStride === output[axis] * to[axis]) {
      dimensions[dimensions.length - 1] = { size: last.size * to[axis], outputStride: output[axis], inputStride: input[axis] };
    } else {
      dimensions.push({ size: to[axis], outputStride: output[axis], inputStride: input[axis] });
    }
  }
  return dimensions;
}
