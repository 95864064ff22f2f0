import type { GpuContext } from '../gpu';
import {
  compileGraph,
  ParameterStore,
  permuteData,
  ProgramInstance,
  type Graph,
  type HostTensor,
  type ParameterReader,
  type RunOptions,
} from '../graph';
import { adamWInputs, adamWNames, type AdamWOptions } from './adamw';
import { trainingNames } from './training-step';

/** What one step reports. */
export interface StepReport {
  readonly loss: number;
  /** Norm of all gradients before clipping, where the step clips. */
  readonly gradientNorm?: number;
}

/** A training step on a device: weights and optimiser state stay in its memory from step to step. */
export class Trainer {
  private steps = 0;

  private constructor(
    private readonly instance: ProgramInstance,
    private readonly graph: Graph,
    private readonly optimizer: AdamWOptions,
    private readonly parameters: ParameterStore,
  ) {}

  /**
   * Uploads the weights and compiles the step.
   * @param step of `trainingStepGraph`, with the same optimizer
   */
  static async create(step: Graph, optimizer: AdamWOptions, context: GpuContext, readParameter: ParameterReader): Promise<Trainer> {
    const parameters = new ParameterStore(context, readParameter);
    try {
      const instance = await ProgramInstance.create(compileGraph(step, context), context, parameters);
      const trainer = new Trainer(instance, step, optimizer, parameters);
      for (const { name, permute, storedShape } of step.parameters.values()) {
        const master = adamWNames.master(name);
        if (!step.inputs.has(master)) continue;
        const stored = await readParameter(name);
        instance.write(master, permute === undefined ? stored : permuteData(stored, storedShape, permute));
      }
      return trainer;
    } catch (error) {
      parameters.destroy();
      throw error;
    }
  }

  /** Steps done so far. */
  get step(): number {
    return this.steps;
  }

  /** Does one step on a batch. Inputs keep their values until they are given again. */
  async train(inputs: Readonly<Record<string, HostTensor['data']>>, learningRate: number, options: RunOptions = {}): Promise<StepReport> {
    const results = await this.instance.run({ ...inputs, ...adamWInputs(this.optimizer, this.steps + 1, learningRate) }, options);
    this.steps++;
    const loss = results.get(trainingNames.loss)?.data[0] ?? Number.NaN;
    const gradientNorm = results.get(trainingNames.gradientNorm)?.data[0];
    return gradientNorm === undefined ? { loss } : { loss, gradientNorm };
  }

  /** A trained parameter as it is now, f32, in the order of its file. */
  async parameter(name: string): Promise<Float32Array> {
    const master = adamWNames.master(name);
    const { data } = await this.instance.read(this.graph.inputs.has(master) ? master : name);
    const values = Float32Array.from(data);
    const spec = [...this.graph.parameters.values()].find((candidate) => candidate.name === name);
    if (spec?.permute === undefined) return values;
    const { permute, storedShape } = spec;
    const back = permute.map((_, axis) => permute.indexOf(axis));
    return permuteData(
      values,
      permute.map((axis) => storedShape[axis]),
      back,
    );
  }

  /** Frees weights and state. */
  destroy(): void {
    this.instance.destroy();
    this.parameters.destroy();
  }
}
