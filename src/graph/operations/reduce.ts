import { AiprodError } from '../../errors';
import { divide, equal, multiply, reshape } from '../arithmetic';
import { numbersAttribute, textAttribute } from '../attributes';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor, rowMajorStrides, type Shape } from '../types';
import { resolveAxis } from './axes';
import { broadcastTo } from './broadcast-to';
import { lowerReduce } from './reduce-kernels';
import { stridedCopy } from './strided-copy';

export const reductions = ['sum', 'mean', 'max', 'squares'] as const;
export type Reduction = (typeof reductions)[number];

/** One dimension of a walk through the input. */
export interface WalkDimension {
  readonly size: number;
  readonly stride: number;
}

/** The walk over outputs and, for each, the walk over what it sums up; neighbouring dimensions are merged. */
export function reductionWalks(shape: Shape, axes: readonly number[]): { outer: WalkDimension[]; inner: WalkDimension[] } {
  const strides = rowMajorStrides(shape);
  const walk = (picked: readonly number[]): WalkDimension[] => {
    const sizes = picked.map((axis) => shape[axis]);
    const merged = stridedCopy(
      sizes,
      picked.map((axis) => strides[axis]),
      rowMajorStrides(sizes),
    );
    return merged.dimensions.map(({ size, from }) => ({ size, stride: from }));
  };
  return { outer: walk(shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))), inner: walk(axes) };
}

/** Input offsets of a walk, in order. */
function offsets(walk: readonly WalkDimension[]): number[] {
  return walk.reduce<number[]>(
    (known, { size, stride }) => known.flatMap((offset) => Array.from({ length: size }, (_, k) => offset + k * stride)),
    [0],
  );
}

/** Sum, mean, largest element or sum of squares over some axes. */
export const reduceOperation = defineOperation({
  name: 'reduce',

  infer([x], attributes: Attributes) {
    const axes = numbersAttribute(attributes, 'axes');
    const kept = attributes.keepDims === true;
    const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (kept ? [1] : []) : [size]));
    return { shape, dtype: x.dtype };
  },

  reference([x], attributes, output) {
    const result = emptyHostTensor(output);
    const kind = textAttribute(attributes, 'kind', reductions);
    const { outer, inner } = reductionWalks(x.shape, numbersAttribute(attributes, 'axes'));
    const reduced = offsets(inner);
    offsets(outer).forEach((start, k) => {
      let sum = kind === 'max' ? -Infinity : 0;
      for (const offset of reduced) {
        const value = x.data[start + offset];
        sum = kind === 'max' ? Math.max(sum, value) : sum + (kind === 'squares' ? value * value : value);
      }
      result.data[k] = kind === 'mean' ? sum / reduced.length : sum;
    });
    return result;
  },

  lower: lowerReduce,

  absorbsEpilogue: () => true,

  gradient({ inputs: [x], output, gradient, attributes }) {
    const axes = numbersAttribute(attributes, 'axes');
    const kind = textAttribute(attributes, 'kind', reductions);
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const given = reshape(gradient, kept);
    if (kind === 'sum') return [broadcastTo(given, x.shape)];
    if (kind === 'squares') return [multiply(multiply(x, 2, 'f32'), given)];
    if (kind === 'mean') return [broadcastTo(multiply(given, elementCount(kept) / elementCount(x.shape)), x.shape)];
    // Equal largest elements share the gradient.
    const largest = equal(x, reshape(output, kept), 'f32');
    return [multiply(largest, divide(given, sum(largest, axes, { keepDims: true })))];
  },
});

function reduce(kind: Reduction, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const resolved = axes.map((axis) => resolveAxis(axis, x.shape, kind)).sort((a, b) => a - b);
  if (new Set(resolved).size !== resolved.length || resolved.length === 0) {
    throw new AiprodError('shape-mismatch', `${kind} needs one or more different axes`, { found: `[${axes.join(', ')}]` });
  }
  return x.tracer.apply('reduce', [x], { kind, axes: resolved, keepDims });
}

export interface ReduceOptions {
  /** Keeps reduced axes with size 1. */
  readonly keepDims?: boolean;
}

/** Sum over axes (negative counts from the end). */
export function sum(x: Tensor, axes: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce('sum', x, axes, options.keepDims === true);
}

/** Mean over axes (negative counts from the end). */
export function mean(x: Tensor, axes: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce('mean', x, axes, options.keepDims === true);
}

/** Sum of squares over axes (negative counts from the end), without a copy of the squares. */
export function sumOfSquares(x: Tensor, axes: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce('squares', x, axes, options.keepDims === true);
}

/** Largest element over axes (negative counts from the end). */
export function max(x: Tensor, axes: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce('max', x, axes, options.keepDims === true);
}
