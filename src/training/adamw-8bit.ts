import {
  add,
  blockMaxima,
  byteBlockSizes,
  decodeBlocks,
  divide,
  elementCount,
  encodeBlocks,
  multiply,
  sqrt,
  square,
  subtract,
  type Tensor,
  type Tracer,
} from '../graph';
import { adamWNames, adamWScalars, traceAdamW, type AdamWOptions } from './adamw';
import type { Optimizer, UpdatedParameter } from './optimizer';

/**
 * AdamW with moments of a byte each, in blocks of 256 that share a factor (Dettmers et al. 2022, "8-bit Optimizers via Block-wise
 * Quantization"), with the code tables and the meaning of bitsandbytes' `AdamW8bit`.
 */
export interface AdamW8bitOptions extends AdamWOptions {
  /** Parameters of fewer elements keep moments in f32. Default 4096. */
  readonly minimumSize?: number;
}

export function adamW8bit(options: AdamW8bitOptions): Optimizer {
  const { minimumSize = 4096 } = options;
  const tables = new WeakMap<Tracer, ReturnType<typeof traceTables>>();
  const tablesOf = (tracer: Tracer): ReturnType<typeof traceTables> => {
    const known = tables.get(tracer) ?? traceTables(tracer);
    tables.set(tracer, known);
    return known;
  };
  return {
    scalars: (step, learningRate) => adamWScalars(options, step, learningRate),
    update: (parameter) =>
      elementCount(parameter.weight.shape) < minimumSize
        ? traceAdamW(parameter, options)
        : trace(parameter, options, tablesOf(parameter.tracer)),
  };
}

function traceTables(tracer: Tracer): { readonly signed: Tensor; readonly unsigned: Tensor } {
  const table = (signed: boolean): Tensor => tracer.constant(dynamicMap(signed), [256], 'f32');
  return { signed: table(true), unsigned: table(false) };
}

function trace(
  parameter: UpdatedParameter,
  { betas: [beta1, beta2], eps }: AdamWOptions,
  { signed, unsigned }: ReturnType<typeof traceTables>,
): Tensor {
  const { weight } = parameter;
  const { words, blocks } = byteBlockSizes(weight.shape);
  const moment = (kind: string, table: Tensor, next: (before: Tensor) => Tensor): Tensor => {
    const codes = parameter.state(`${kind}_codes`, [words], 'u32');
    const maxima = parameter.state(`${kind}_maxima`, [blocks]);
    const value = next(decodeBlocks(codes, maxima, table, weight.shape));
    const newMaxima = blockMaxima(value);
    parameter.keep(maxima, newMaxima);
    parameter.keep(codes, encodeBlocks(value, newMaxima, table));
    return value;
  };
  const first = moment(adamWNames.firstMoment, signed, (before) => add(multiply(before, beta1), multiply(parameter.gradient(), 1 - beta1)));
  const second = moment(adamWNames.secondMoment, unsigned, (before) =>
    add(multiply(before, beta2), multiply(square(parameter.gradient()), 1 - beta2)),
  );
  const denominator = add(divide(sqrt(second), parameter.scalar(adamWNames.rootCorrection)), eps);
  const kept = multiply(weight, parameter.scalar(adamWNames.keep));
  return subtract(kept, multiply(parameter.scalar(adamWNames.stepSize), divide(first, denominator)));
}

/**
 * The dynamic code table, rising: seven decades below 1, each lower one in half as many steps (Dettmers 2016, "8-Bit Approximations for
 * Parallelism in Deep Learning").
 */
export function dynamicMap(signed: boolean): Float32Array {
  const values = [0, 1];
  for (let decade = 0; decade < 7; decade++) {
    const steps = 2 ** (decade + (signed ? 0 : 1));
    for (let k = 0; k < steps; k++) {
      const value = 10 ** (decade - 6) * (0.1 + (0.9 * (k + 0.5)) / steps);
      values.push(value);
      if (signed) values.push(-value);
    }
  }
  return Float32Array.from(values).sort();
}
