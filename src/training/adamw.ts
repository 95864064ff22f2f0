import { add, divide, multiply, sqrt, subtract } from '../graph';
import type { Optimizer, UpdatedParameter } from './optimizer';

/** AdamW (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization") with PyTorch's meaning of each number. */
export interface AdamWOptions {
  /** Decay of the first and the second moment, 0 to 1. */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps: number;
  /** Share of each weight that a step of learning rate 1 takes away. */
  readonly weightDecay: number;
}

/** Names of the inputs of {@link adamW}: numbers of a step, and kinds of state. */
export const adamWNames = {
  /** 1 - learning rate * weight decay. */
  keep: 'adamw.keep',
  /** learning rate / (1 - beta1^step). */
  stepSize: 'adamw.step_size',
  /** sqrt(1 - beta2^step). */
  rootCorrection: 'adamw.root_correction',
  firstMoment: 'adamw.first_moment',
  secondMoment: 'adamw.second_moment',
} as const;

/** Numbers of one step of AdamW, whatever its moments are stored in. */
export function adamWScalars({ betas, weightDecay }: AdamWOptions, step: number, learningRate: number): Record<string, number> {
  return {
    [adamWNames.keep]: 1 - learningRate * weightDecay,
    [adamWNames.stepSize]: learningRate / (1 - betas[0] ** step),
    [adamWNames.rootCorrection]: Math.sqrt(1 - betas[1] ** step),
  };
}

/** AdamW with both moments in f32. */
export function adamW(options: AdamWOptions): Optimizer {
  return {
    scalars: (step, learningRate) => adamWScalars(options, step, learningRate),
    update: (parameter) => traceAdamW(parameter, options),
  };
}

/** One step of AdamW with moments in f32, arithmetic in place. */
export function traceAdamW(parameter: UpdatedParameter, { betas: [beta1, beta2], eps }: AdamWOptions) {
  const { weight } = parameter;
  const first = parameter.state(adamWNames.firstMoment, weight.shape);
  const second = parameter.state(adamWNames.secondMoment, weight.shape);
  const newFirst = add(multiply(first, beta1), multiply(parameter.gradient(), 1 - beta1));
  const change = parameter.gradient();
  const newSecond = add(multiply(second, beta2), multiply(multiply(change, change), 1 - beta2));
  const denominator = add(divide(sqrt(newSecond), parameter.scalar(adamWNames.rootCorrection)), eps);
  const kept = multiply(weight, parameter.scalar(adamWNames.keep));
  parameter.keep(first, newFirst);
  parameter.keep(second, newSecond);
  return subtract(kept, multiply(parameter.scalar(adamWNames.stepSize), divide(newFirst, denominator)));
}
