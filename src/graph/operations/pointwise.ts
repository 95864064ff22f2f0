import { AiprodError } from '../../errors';
import { broadcastShapes, broadcastStrides } from '../broadcast';
import { sumTo } from '../gradients/sum-to';
import { defineOperation, type Attributes } from '../operation';
import { differentiateExpression } from '../pointwise/derivative';
import { evaluateExpression, type PointwiseExpression, type PointwiseStep } from '../pointwise/expression';
import { epilogueModule } from '../pointwise/wgsl';
import { foldedGrid } from '../lowering';
import {
  bytesPerElement,
  elementCount,
  emptyHostTensor,
  rowMajorStrides,
  type DType,
  type HostTensor,
  type Shape,
  type TensorType,
} from '../types';

function attributesOf(attributes: Attributes): { expression: PointwiseExpression; dtype: DType } {
  const { expression, dtype } = attributes;
  if (!isExpression(expression) || !isDType(dtype)) throw new AiprodError('internal', 'a pointwise node lacks its expression or type');
  return { expression, dtype };
}

function isDType(value: unknown): value is DType {
  return typeof value === 'string' && value in bytesPerElement;
}

/** Whether an attribute is a pointwise expression. */
export function isExpression(value: unknown): value is PointwiseExpression {
  return typeof value === 'object' && value !== null && 'steps' in value && Array.isArray(value.steps) && 'result' in value;
}

/** Any chain of elementwise arithmetic over inputs that broadcast to one shape. */
export const pointwise = defineOperation({
  name: 'pointwise',

  infer(inputs, attributes) {
    const { dtype } = attributesOf(attributes);
    const shape = inputs.reduce<Shape>((known, input) => broadcastShapes(known, input.shape, 'pointwise'), []);
    return { shape, dtype };
  },

  reference(inputs, attributes, output) {
    const { expression } = attributesOf(attributes);
    return evaluatePointwise(expression, inputs, undefined, output);
  },

  lower({ inputs, output, attributes }) {
    const { expression } = attributesOf(attributes);
    const count = elementCount(output.shape);
    const vector = output.shape.length > 0 && output.shape[output.shape.length - 1] % 4 === 0;
    // The input that is the output's own memory comes to the expression as its accumulator.
    const own = typeof attributes.inPlace === 'number' ? attributes.inPlace : undefined;
    const read = [...inputs.keys()].filter((index) => index !== own);
    const extras = read.map((index, k) => ({ type: inputs[index], binding: k + 1 }));
    return {
      calls: [
        {
          kernel: 'pointwise/map',
          conditions: { vector, in_place: own !== undefined },
          modules: { epilogue: epilogueModule(renamedInputs(expression, read), extras, output.shape) },
          operands: [{ kind: 'output' }, ...read.map((index) => ({ kind: 'input' as const, index }))],
          uniforms: [{ u32: count }],
          workgroups: foldedGrid(Math.ceil(count / 4), 64),
          flops: count * expression.steps.length,
        },
      ],
    };
  },

  gradient({ inputs, gradient, attributes, wants }) {
    const { expression } = attributesOf(attributes);
    const { tracer } = gradient;
    return inputs.map((input, index) => {
      const derivative = wants(index) ? differentiateExpression(expression, index, inputs.length) : undefined;
      if (derivative === undefined) return undefined;
      const { expression: steps, inputs: picked } = derivative;
      const read = picked.map((k) => (k === inputs.length ? gradient : inputs[k]));
      const unchanged = steps.steps[steps.result].kind === 'input' && read.length === 1 && read[0] === gradient;
      return sumTo(unchanged ? gradient : tracer.apply('pointwise', read, { expression: steps, dtype: 'f32' }), input.shape);
    });
  },
});

/** The expression over the inputs `read` alone; any other is the accumulator. */
function renamedInputs(expression: PointwiseExpression, read: readonly number[]): PointwiseExpression {
  const steps = expression.steps.map((step): PointwiseStep => {
    if (step.kind !== 'input') return step;
    return read.includes(step.index) ? { ...step, index: read.indexOf(step.index) } : { kind: 'accumulator' };
  });
  return { ...expression, steps };
}

/** Evaluates an expression over a whole value; `accumulator` is the value of the operation that absorbed it. */
export function evaluatePointwise(
  expression: PointwiseExpression,
  inputs: readonly HostTensor[],
  accumulator: HostTensor | undefined,
  output: TensorType,
): HostTensor {
  const result = emptyHostTensor(output);
  const outputStrides = rowMajorStrides(output.shape);
  const strides = inputs.map((input) => broadcastStrides(input.shape, output.shape));
  const scratch = new Float64Array(expression.steps.length);
  let flat = 0;
  const read = (k: number): number => {
    let at = 0;
    let rest = flat;
    const inputStrides = strides[k];
    for (let axis = 0; axis < outputStrides.length; axis++) {
      const coordinate = Math.floor(rest / outputStrides[axis]);
      rest -= coordinate * outputStrides[axis];
      at += coordinate * inputStrides[axis];
    }
    return inputs[k].data[at];
  };
  for (flat = 0; flat < result.data.length; flat++) {
    result.data[flat] = evaluateExpression(expression, read, accumulator === undefined ? 0 : accumulator.data[flat], scratch);
  }
  return result;
}
