import { emptyHostTensor, permuteData, updatedName, updatesAsOutputs, type Graph, type HostTensor, type ParameterReader } from '../graph';
import type { GraphRunner } from '../models';
import { clipFactor } from './clipping';
import { optimizerOf, type OptimizerConfig } from './optimizer';
import { gradientGraph, trainingNames, updateGraph, type GradientGraphOptions } from './training-graphs';

export type StatelessOptions = GradientGraphOptions & {
  readonly optimizer: OptimizerConfig;
  readonly clip?: number;
};

/** What one step gave, beside the state. */
export interface StatelessStep {
  readonly loss: number;
  readonly gradientNorm: number;
  /** Gradients by parameter, in the order in which the graph reads it. */
  gradient(parameter: string): Float32Array;
  /** What `returns` asked for. */
  readonly outputs: ReadonlyMap<string, HostTensor>;
}

/**
 * The steps of a `Trainer` through a runner that keeps nothing between runs, such as the CPU reference: all state goes through the host.
 * For checks.
 */
export class StatelessTraining {
  private readonly gradients: Graph;
  private readonly update: Graph;
  /** Trained weights, in the order of their files. */
  private readonly weights = new Map<string, Float32Array>();
  private readonly state = new Map<string, HostTensor['data']>();
  private steps = 0;

  constructor(
    model: Graph,
    private readonly options: StatelessOptions,
    private readonly run: GraphRunner,
    private readonly read: ParameterReader,
  ) {
    this.gradients = gradientGraph(model, options);
    this.update = updateGraph(model, options);
  }

  /** A trained parameter as it is now, in the order of its file. */
  parameter(name: string): Promise<Float32Array> | Float32Array {
    return this.weights.get(name) ?? this.read(name);
  }

  async train(inputs: Parameters<GraphRunner>[1], learningRate: number): Promise<StatelessStep> {
    const passed = await this.runGraph(this.gradients, { ...inputs, [trainingNames.share]: Float32Array.of(1) }, new Map());
    const gradients = new Map<string, Float32Array>();
    for (const name of this.options.trainable) gradients.set(name, floats(passed, updatedName(trainingNames.gradient(name))));
    const norm = floats(passed, trainingNames.gradientNorm)[0];
    await this.apply(gradients, learningRate, this.options.clip === undefined ? 1 : clipFactor(norm, this.options.clip));
    return {
      loss: floats(passed, trainingNames.loss)[0],
      gradientNorm: norm,
      gradient: (parameter) => gradients.get(parameter) ?? new Float32Array(),
      outputs: passed,
    };
  }

  /** The optimiser's step alone. @param gradients by parameter, in the order in which the graph reads it */
  async apply(gradients: ReadonlyMap<string, Float32Array>, learningRate: number, factor = 1): Promise<void> {
    const numbers = optimizerOf(this.options.optimizer).scalars(++this.steps, learningRate);
    const scalars: Record<string, number> = { ...numbers, [trainingNames.factor]: factor };
    const inputs: Record<string, HostTensor['data']> = {};
    for (const [name, id] of this.update.inputs) {
      if (!this.update.updates.has(id)) inputs[name] = Float32Array.of(scalars[name]);
      else inputs[name] = this.state.get(name) ?? (await this.firstState(name, id));
    }
    const results = await this.runGraph(this.update, inputs, gradients);
    for (const id of this.update.updates.keys()) {
      const spec = this.update.parameters.get(id);
      const input = [...this.update.inputs].find(([, leaf]) => leaf === id)?.[0];
      if (input !== undefined) this.state.set(input, dataOf(results, updatedName(input)));
      else if (spec !== undefined)
        this.weights.set(spec.name, inFileOrder(this.update, spec.name, floats(results, updatedName(spec.name))));
    }
    for (const name of this.options.trainable) {
      const master = this.state.get(trainingNames.master(name));
      if (master !== undefined) this.weights.set(name, inFileOrder(this.update, name, Float32Array.from(master)));
    }
  }

  private async firstState(name: string, id: number): Promise<HostTensor['data']> {
    const parameter = this.options.trainable.find((candidate) => trainingNames.master(candidate) === name);
    if (parameter === undefined) return emptyHostTensor(this.update.nodes[id]).data;
    return inGraphOrder(this.update, parameter, await this.parameter(parameter));
  }

  private runGraph(
    graph: Graph,
    inputs: Parameters<GraphRunner>[1],
    gradients: ReadonlyMap<string, Float32Array>,
  ): ReturnType<GraphRunner> {
    const parameters = new Map(this.options.trainable.map((name) => [trainingNames.gradient(name), name]));
    return this.run(updatesAsOutputs(graph), inputs, (name) => {
      const parameter = parameters.get(name);
      if (parameter === undefined) return this.parameter(name);
      const gradient = gradients.get(parameter);
      return gradient === undefined ? this.zeros(parameter) : inFileOrder(graph, parameter, gradient);
    });
  }

  private async zeros(parameter: string): Promise<Float32Array> {
    return new Float32Array((await this.parameter(parameter)).length);
  }
}

function specOf(graph: Graph, parameter: string) {
  return [...graph.parameters.values()].find(({ name }) => name === parameter);
}

/** A parameter's values from the order in which a graph reads it to that of its file. */
export function inFileOrder(graph: Graph, parameter: string, values: Float32Array): Float32Array {
  const spec = specOf(graph, parameter);
  if (spec?.permute === undefined) return values;
  const { permute, storedShape } = spec;
  const back = permute.map((_, axis) => permute.indexOf(axis));
  return permuteData(
    values,
    permute.map((axis) => storedShape[axis]),
    back,
  );
}

function inGraphOrder(graph: Graph, parameter: string, values: Float32Array): Float32Array {
  const spec = specOf(graph, parameter);
  return spec?.permute === undefined ? values : permuteData(values, spec.storedShape, spec.permute);
}

function dataOf(results: ReadonlyMap<string, HostTensor>, name: string): HostTensor['data'] {
  return results.get(name)?.data ?? new Float32Array();
}

function floats(results: ReadonlyMap<string, HostTensor>, name: string): Float32Array {
  return Float32Array.from(dataOf(results, name));
}
