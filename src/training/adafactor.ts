import { add, divide, maximum, mean, minimum, multiply, reshape, rsqrt, sqrt, square, subtract, sumOfSquares, type Tensor } from '../graph';
import type { Optimizer, UpdatedParameter } from './optimizer';

/**
 * Adafactor (Shazeer and Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost") with transformers' meaning of each number:
 * of the second moment only means over rows and columns are kept, for parameters of two dimensions and more.
 */
export interface AdafactorOptions {
  /** Added to squares of gradients, and the least scale of a parameter. Default 1e-30 and 1e-3. */
  readonly eps?: readonly [number, number];
  /** The most that the root mean square of an update may be. Default 1. */
  readonly clipThreshold?: number;
  /** Power by which the decay of the second moment goes to 1. Default -0.8. */
  readonly decayRate?: number;
  /** Decay of a first moment; absent: none is kept. */
  readonly beta1?: number;
  /** Share of each weight that a step of rate 1 takes away. Default 0. */
  readonly weightDecay?: number;
  /** Multiplies the rate by the root mean square of the parameter. Default true. */
  readonly scaleParameter?: boolean;
  /** The rate follows from the number of steps, and the one given is not used: 1 / sqrt(step), at most 1e-2. Default true. */
  readonly relativeStep?: boolean;
  /** The relative step is at most 1e-6 * step. Default false. */
  readonly warmupInit?: boolean;
}

const names = { rate: 'adafactor.rate', decay: 'adafactor.decay', rest: 'adafactor.rest' } as const;

export function adafactor(options: AdafactorOptions): Optimizer {
  const { decayRate = -0.8, relativeStep = true, warmupInit = false } = options;
  return {
    scalars(step, learningRate) {
      const decay = 1 - step ** decayRate;
      const relative = Math.min(warmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step));
      return { [names.rate]: relativeStep ? relative : learningRate, [names.decay]: decay, [names.rest]: 1 - decay };
    },
    update: (parameter) => trace(parameter, options),
  };
}

function trace(parameter: UpdatedParameter, options: AdafactorOptions): Tensor {
  const { eps = [1e-30, 1e-3], clipThreshold = 1, beta1, weightDecay = 0, scaleParameter = true } = options;
  const { weight } = parameter;
  const unclipped = multiply(inverseRoot(parameter, eps[0]), parameter.gradient());
  const rate = parameter.scalar(names.rate);
  const scaled = scaleParameter ? multiply(rate, maximum(rootMeanSquare(weight), eps[1])) : rate;
  const clip = minimum(divide(clipThreshold, rootMeanSquare(unclipped)), 1);
  const change = multiply(unclipped, multiply(scaled, clip));
  const kept = weightDecay === 0 ? weight : multiply(weight, subtract(1, multiply(scaled, weightDecay)));
  if (beta1 === undefined) return subtract(kept, change);
  const first = parameter.state('adafactor.first_moment', weight.shape);
  const newFirst = add(multiply(first, beta1), multiply(change, 1 - beta1));
  parameter.keep(first, newFirst);
  return subtract(kept, newFirst);
}

/** What a gradient is multiplied by: 1 / sqrt of the second moment, in the order of the graph. */
function inverseRoot(parameter: UpdatedParameter, eps: number): Tensor {
  const { spec } = parameter;
  const averaged = (kind: string, value: Tensor): Tensor => {
    const state = parameter.state(kind, value.shape);
    const next = add(multiply(state, parameter.scalar(names.decay)), multiply(value, parameter.scalar(names.rest)));
    parameter.keep(state, next);
    return next;
  };
  const squares = add(square(parameter.gradient()), eps);
  const dimensions = spec.storedShape.length;
  if (dimensions < 2) return rsqrt(averaged('adafactor.second_moment', squares));
  // Rows and columns are those of the file, wherever the graph has them.
  const order = spec.permute ?? spec.storedShape.map((_, axis) => axis);
  const place = (axis: number): number => order.indexOf(axis);
  const rows = averaged('adafactor.row_moment', mean(squares, [place(dimensions - 1)], { keepDims: true }));
  const columns = averaged('adafactor.column_moment', mean(squares, [place(dimensions - 2)], { keepDims: true }));
  const rowFactor = rsqrt(divide(rows, mean(rows, [place(dimensions - 2)], { keepDims: true })));
  return multiply(rowFactor, rsqrt(columns));
}

/** One number, of a shape that broadcasts to x. */
function rootMeanSquare(x: Tensor): Tensor {
  const count = x.shape.reduce((product, size) => product * size, 1);
  return sqrt(divide(sumOfSquares(reshape(x, [count]), [0], { keepDims: true }), count));
}
