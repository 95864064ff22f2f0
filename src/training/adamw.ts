import { add, cast, divide, multiply, sqrt, subtract, type Tensor, type Tracer } from '../graph';

/** AdamW (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization") with PyTorch's meaning of each number. */
export interface AdamWOptions {
  /** Decay of the first and the second moment, 0 to 1. */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps: number;
  /** Share of each weight that a step of learning rate 1 takes away. */
  readonly weightDecay: number;
}

/** Names of the inputs that {@link traceAdamW} adds. */
export const adamWNames = {
  /** [1]: 1 - learning rate * weight decay. */
  keep: 'adamw.keep',
  /** [1]: learning rate / (1 - beta1^step). */
  stepSize: 'adamw.step_size',
  /** [1]: sqrt(1 - beta2^step). */
  rootCorrection: 'adamw.root_correction',
  /** State, f32, of the parameter's shape; 0 before the first step. */
  firstMoment: (parameter: string): string => `adamw.first_moment.${parameter}`,
  secondMoment: (parameter: string): string => `adamw.second_moment.${parameter}`,
  /** State, f32: the weight itself where the graph reads it in another type; before the first step that weight. */
  master: (parameter: string): string => `master.${parameter}`,
} as const;

/**
 * Values of the inputs that change from step to step.
 * @param step counts from 1
 * @param learningRate of this step
 */
export function adamWInputs({ betas, weightDecay }: AdamWOptions, step: number, learningRate: number): Record<string, Float32Array> {
  return {
    [adamWNames.keep]: Float32Array.of(1 - learningRate * weightDecay),
    [adamWNames.stepSize]: Float32Array.of(learningRate / (1 - betas[0] ** step)),
    [adamWNames.rootCorrection]: Float32Array.of(Math.sqrt(1 - betas[1] ** step)),
  };
}

/** A parameter to train and the gradient by it. */
export interface TrainedParameter {
  readonly name: string;
  readonly value: Tensor;
  /** f32, of its shape. */
  readonly gradient: Tensor;
}

/**
 * Traces one step for each parameter: its moments and itself are updated, arithmetic in place. Of f16 parameters an f32 master is kept.
 * @param factor what all gradients are multiplied by, one number
 */
export function traceAdamW(
  tracer: Tracer,
  parameters: readonly TrainedParameter[],
  { betas: [beta1, beta2], eps }: AdamWOptions,
  factor?: Tensor,
): void {
  const keep = tracer.input(adamWNames.keep, [1], 'f32');
  const stepSize = tracer.input(adamWNames.stepSize, [1], 'f32');
  const rootCorrection = tracer.input(adamWNames.rootCorrection, [1], 'f32');
  for (const { name, value, gradient } of parameters) {
    const state = (input: string): Tensor => tracer.input(input, value.shape, 'f32');
    // Written out where it is read, so that each moment's arithmetic is one kernel.
    const scaled = (): Tensor => (factor === undefined ? gradient : multiply(gradient, factor));
    const [first, second] = [state(adamWNames.firstMoment(name)), state(adamWNames.secondMoment(name))];
    const newFirst = add(multiply(first, beta1), multiply(scaled(), 1 - beta1));
    const change = scaled();
    const newSecond = add(multiply(second, beta2), multiply(multiply(change, change), 1 - beta2));
    const weight = value.dtype === 'f32' ? value : state(adamWNames.master(name));
    const denominator = add(divide(sqrt(newSecond), rootCorrection), eps);
    const updated = subtract(multiply(weight, keep), multiply(stepSize, divide(newFirst, denominator)));
    tracer.update(first, newFirst);
    tracer.update(second, newSecond);
    tracer.update(weight, updated);
    if (weight.id !== value.id) tracer.update(value, cast(updated, value.dtype));
  }
}
