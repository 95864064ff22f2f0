import type { DType, ParameterSpec, Shape, Tensor, Tracer } from '../graph';
import { adafactor, type AdafactorOptions } from './adafactor';
import { adamW, type AdamWOptions } from './adamw';
import { adamW8bit, type AdamW8bitOptions } from './adamw-8bit';
import { muon, type MuonOptions } from './muon';

/** How weights are moved along their gradients, and by what numbers. */
export type OptimizerConfig =
  | ({ readonly type: 'adamw' } & AdamWOptions)
  | ({ readonly type: 'adamw8bit' } & AdamW8bitOptions)
  | ({ readonly type: 'adafactor' } & AdafactorOptions)
  | ({ readonly type: 'muon' } & MuonOptions);

/** One parameter in the trace of an optimiser's step. */
export interface UpdatedParameter {
  readonly tracer: Tracer;
  readonly name: string;
  readonly spec: ParameterSpec;
  /** The weight before the step, f32, in the order in which the graph reads it (after the `permute` of its spec). */
  readonly weight: Tensor;
  /** The gradient by it, clipped and unscaled, f32, of its shape. Traced anew by each call, so that it fuses with each reader. */
  gradient(): Tensor;
  /**
   * A value that is kept on the device from step to step; zeros before the first one.
   * @param kind first part of its name; the parameter's name follows
   */
  state(kind: string, shape: Shape, dtype?: DType): Tensor;
  /** What a state holds after the step. */
  keep(state: Tensor, value: Tensor): void;
  /** An input [1], f32: one of {@link Optimizer.scalars}. */
  scalar(name: string): Tensor;
}

/** One optimiser: what changes from step to step, and the trace of a step for a parameter. */
export interface Optimizer {
  /**
   * Numbers of a step, by the names of their inputs.
   * @param step counts from 1
   * @param learningRate of this step
   */
  scalars(step: number, learningRate: number): Record<string, number>;
  /** Traces a step. @returns the new weight, f32, of its shape. */
  update(parameter: UpdatedParameter): Tensor;
}

/** The optimiser that a configuration names. */
export function optimizerOf(config: OptimizerConfig): Optimizer {
  switch (config.type) {
    case 'adamw':
      return adamW(config);
    case 'adamw8bit':
      return adamW8bit(config);
    case 'adafactor':
      return adafactor(config);
    case 'muon':
      return muon(config);
  }
}
