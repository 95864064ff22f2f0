import {
  add,
  divide,
  matmul,
  maximum,
  multiply,
  permute,
  reshape,
  sqrt,
  subtract,
  sumOfSquares,
  type ParameterSpec,
  type Tensor,
} from '../graph';
import { adamWScalars, traceAdamW, type AdamWOptions } from './adamw';
import type { Optimizer, UpdatedParameter } from './optimizer';

/**
 * Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") with the meaning of PyTorch's `torch.optim.Muon`: the
 * momentum of a matrix is made orthogonal before it is taken off. Convolutions count as matrices [outputs, all else]. What is no matrix,
 * and what `others` names, is moved by AdamW with the same learning rate.
 */
export interface MuonOptions {
  /** Default 0.95. */
  readonly momentum?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** Share of each weight that a step of rate 1 takes away. Default 0.1. */
  readonly weightDecay?: number;
  /** Of the Newton-Schulz iteration. Default 3.4445, -4.775, 2.0315. */
  readonly coefficients?: readonly [number, number, number];
  /** Default 5. */
  readonly iterations?: number;
  /** The least norm that a momentum is divided by. Default 1e-7. */
  readonly eps?: number;
  /**
   * What the rate of a matrix [A, B] is multiplied by: `original` sqrt(max(1, A / B)), `match_rms_adamw` 0.2 sqrt(max(A, B)), so that rates of
   * AdamW will do. Default original.
   */
  readonly adjust?: 'original' | 'match_rms_adamw';
  /** Of all other parameters. Default betas 0.9 and 0.999, eps 1e-8, the same weight decay. */
  readonly adamw?: AdamWOptions;
  /** Whether a matrix is moved by AdamW: embeddings and the last layer, as Jordan et al. advise. Default none. */
  readonly others?: (parameter: string) => boolean;
}

const names = { keep: 'muon.keep', rate: 'muon.rate' } as const;

export function muon(options: MuonOptions): Optimizer {
  const { weightDecay = 0.1, others = () => false } = options;
  const adamw = options.adamw ?? { betas: [0.9, 0.999], eps: 1e-8, weightDecay };
  return {
    scalars: (step, learningRate) => ({
      [names.keep]: 1 - learningRate * weightDecay,
      [names.rate]: learningRate,
      ...adamWScalars(adamw, step, learningRate),
    }),
    update: (parameter) =>
      parameter.spec.storedShape.length < 2 || others(parameter.name) ? traceAdamW(parameter, adamw) : trace(parameter, options),
  };
}

function trace(parameter: UpdatedParameter, options: MuonOptions): Tensor {
  const { momentum = 0.95, nesterov = true, adjust = 'original' } = options;
  const { weight, spec } = parameter;
  const kept = parameter.state('muon.momentum', weight.shape);
  const next = add(multiply(kept, momentum), multiply(parameter.gradient(), 1 - momentum));
  parameter.keep(kept, next);
  const direction = nesterov ? add(multiply(parameter.gradient(), 1 - momentum), multiply(next, momentum)) : next;
  const [rows, columns] = [spec.storedShape[0], spec.storedShape.slice(1).reduce((product, size) => product * size, 1)];
  const matrix = reshape(reordered(direction, spec, 'file'), [rows, columns]);
  const change = reordered(reshape(orthogonal(matrix, options), spec.storedShape), spec, 'graph');
  const ratio = adjust === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
  return subtract(multiply(weight, parameter.scalar(names.keep)), multiply(change, multiply(parameter.scalar(names.rate), ratio)));
}

/** The nearest matrix whose singular values are about 1, by a quintic Newton-Schulz iteration in f32. @param x [A, B] */
function orthogonal(x: Tensor, options: MuonOptions): Tensor {
  const { coefficients: [a, b, c] = [3.4445, -4.775, 2.0315], iterations = 5, eps = 1e-7 } = options;
  const [rows, columns] = x.shape;
  const turned = rows > columns;
  const norm = maximum(sqrt(sumOfSquares(reshape(x, [-1]), [0], { keepDims: true })), eps);
  let y = divide(turned ? permute(x, [1, 0]) : x, norm);
  for (let k = 0; k < iterations; k++) {
    const gram = matmul(y, y, { transposeB: true });
    const factor = add(multiply(matmul(gram, gram), c), multiply(gram, b));
    y = add(matmul(factor, y), multiply(y, a));
  }
  return turned ? permute(y, [1, 0]) : y;
}

/** A value from the order of the graph to that of the file, or back. */
function reordered(x: Tensor, { permute: order }: ParameterSpec, to: 'file' | 'graph'): Tensor {
  if (order === undefined) return x;
  return permute(x, to === 'graph' ? order : order.map((_, axis) => order.indexOf(axis)));
}
