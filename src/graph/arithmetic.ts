import { AiprodError } from '../errors';
import type { BinaryFunction, PointwiseStep, UnaryFunction } from './pointwise/expression';
import type { Tensor } from './tracer';
import type { DType, Shape } from './types';

/** Operands of elementwise functions: tensors that broadcast together, or plain numbers. */
export type Operand = Tensor | number;

function trace(steps: readonly PointwiseStep[], tensors: readonly Tensor[], dtype: DType): Tensor {
  return tensors[0].tracer.apply('pointwise', tensors, { expression: { steps, result: steps.length - 1 }, dtype });
}

function unary(name: UnaryFunction): (x: Tensor) => Tensor {
  return (x) =>
    trace(
      [
        { kind: 'input', index: 0 },
        { kind: 'unary', function: name, operand: 0 },
      ],
      [x],
      x.dtype,
    );
}

/** f32 wins over f16, because a value was kept in f32 for a reason. */
function resultType(a: Operand, b: Operand): DType {
  if (typeof a === 'number') return typeof b === 'number' ? 'f32' : b.dtype;
  if (typeof b === 'number') return a.dtype;
  return a.dtype === 'f32' || b.dtype === 'f32' ? 'f32' : a.dtype;
}

function operandSteps(operands: readonly Operand[]): { steps: PointwiseStep[]; tensors: Tensor[] } {
  const tensors: Tensor[] = [];
  const steps = operands.map((operand): PointwiseStep => {
    if (typeof operand === 'number') return { kind: 'constant', value: operand };
    tensors.push(operand);
    return { kind: 'input', index: tensors.length - 1 };
  });
  if (tensors.length === 0) throw new AiprodError('internal', 'arithmetic on numbers alone does not belong in a graph');
  return { steps, tensors };
}

function binary(name: BinaryFunction): (a: Operand, b: Operand, dtype?: DType) => Tensor {
  return (a, b, dtype) => {
    const { steps, tensors } = operandSteps([a, b]);
    steps.push({ kind: 'binary', function: name, left: 0, right: 1 });
    return trace(steps, tensors, dtype ?? resultType(a, b));
  };
}

export const add = binary('add');
export const subtract = binary('subtract');
export const multiply = binary('multiply');
export const divide = binary('divide');
export const minimum = binary('minimum');
export const maximum = binary('maximum');
export const power = binary('power');
/** 1 where a < b, else 0. */
export const less = binary('less');
/** 1 where a = b, else 0. */
export const equal = binary('equal');

export const negate = unary('negate');
export const absolute = unary('absolute');
export const exp = unary('exp');
export const log = unary('log');
export const sqrt = unary('sqrt');
export const rsqrt = unary('rsqrt');
export const sin = unary('sin');
export const cos = unary('cos');
export const tanh = unary('tanh');
export const sigmoid = unary('sigmoid');
/** x * sigmoid(x) */
export const silu = unary('silu');
/** GELU in its tanh approximation (PyTorch's `approximate='tanh'`, T5's `gelu_new`). */
export const geluTanh = unary('gelu_tanh');
/** GELU by the error function. */
export const geluErf = unary('gelu_erf');
export const square = unary('square');

/** x where x >= 0, slope * x below. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  return trace(
    [
      { kind: 'input', index: 0 },
      { kind: 'constant', value: slope },
      { kind: 'binary', function: 'multiply', left: 0, right: 1 },
      { kind: 'constant', value: 0 },
      { kind: 'binary', function: 'less', left: 0, right: 3 },
      { kind: 'select', condition: 4, whenTrue: 2, whenFalse: 0 },
    ],
    [x],
    x.dtype,
  );
}

/** Elementwise choice: `whenTrue` where `condition` is not 0. */
export function where(condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor {
  const { steps, tensors } = operandSteps([condition, whenTrue, whenFalse]);
  steps.push({ kind: 'select', condition: 0, whenTrue: 1, whenFalse: 2 });
  return trace(steps, tensors, resultType(whenTrue, whenFalse));
}

/** The same values in another storage type. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : trace([{ kind: 'input', index: 0 }], [x], dtype);
}

/** The same elements under another shape; one size may be -1 and is found from the others. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const total = x.shape.reduce((product, size) => product * size, 1);
  return x.tracer.apply('reshape', [x], { shape: shape.map((size) => (size === -1 ? total / known : size)) });
}
