/** A training step on our runtime. */
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { elementCount, evaluateGraph, gradientName, permuteData, runGraph, type Graph, type HostTensor } from '../graph';
import { adamWInputs, Trainer, trainingStepGraph } from '../training';
import type { PreparedWork } from './contender';
import { predictionName, trainingModel, trainingOptimizer, trainingRate, type Training, type TrainingData } from './training';

/** A trainer at its work, as in use: every step takes a batch and gives back its loss. */
export async function prepareTraining(
  training: Training,
  data: TrainingData,
  context: GpuContext,
  dtype: 'f32' | 'f16',
): Promise<PreparedWork> {
  const step = stepGraph(training, data, dtype, false);
  const trainer = await Trainer.create(step, trainingOptimizer, context, (name) => parameterOf(data, name));
  const batch = inputsOf(step, data);
  return {
    async run(times) {
      for (let k = 0; k < times; k++) await trainer.train(batch, trainingRate);
    },
    async read() {
      const { graph, inputs } = gradientRun(training, data, dtype);
      return joinedGradients(graph, data, await runGraph(context, graph, inputs, (name) => parameterOf(data, name)));
    },
    dispose() {
      trainer.destroy();
    },
  };
}

/** All gradients of the first step on the CPU, operation by operation in f64. */
export async function referenceGradients(training: Training, data: TrainingData): Promise<Float32Array> {
  const { graph, inputs } = gradientRun(training, data, 'f32');
  return joinedGradients(graph, data, await evaluateGraph(graph, inputs, (name) => parameterOf(data, name)));
}

function stepGraph(training: Training, { parameters }: TrainingData, dtype: 'f32' | 'f16', gradients: boolean): Graph {
  return trainingStepGraph(trainingModel(training, dtype), {
    prediction: predictionName,
    trainable: [...parameters.keys()],
    optimizer: trainingOptimizer,
    returns: { gradients },
  });
}

/** The step that gives its gradients back, and what it takes. */
function gradientRun(
  training: Training,
  data: TrainingData,
  dtype: 'f32' | 'f16',
): { graph: Graph; inputs: Record<string, HostTensor['data']> } {
  const graph = stepGraph(training, data, dtype, true);
  const inputs: Record<string, HostTensor['data']> = { ...inputsOf(graph, data), ...adamWInputs(trainingOptimizer, 1, trainingRate) };
  for (const [name, id] of graph.inputs) inputs[name] ??= new Float32Array(elementCount(graph.nodes[id].shape));
  return { graph, inputs };
}

function inputsOf(graph: Graph, data: TrainingData): Record<string, Float32Array> {
  return Object.fromEntries([...data.inputs].flatMap(([name, { data: values }]) => (graph.inputs.has(name) ? [[name, values]] : [])));
}

function parameterOf({ parameters }: TrainingData, name: string): Float32Array {
  const found = parameters.get(name);
  if (found === undefined) throw new AiprodError('internal', `the data of a benchmark has no parameter ${name}`);
  return found.data;
}

/** The gradients one behind the other, each as its parameter is stored. */
function joinedGradients(graph: Graph, { parameters }: TrainingData, outputs: ReadonlyMap<string, HostTensor>): Float32Array {
  const specs = new Map(Array.from(graph.parameters.values(), (spec) => [spec.name, spec]));
  const all = [...parameters.keys()].map((name) => {
    const values = Float32Array.from(outputs.get(gradientName(name))?.data ?? []);
    const { permute, storedShape = [] } = specs.get(name) ?? {};
    if (permute === undefined) return values;
    return permuteData(
      values,
      permute.map((axis) => storedShape[axis]),
      permute.map((_, axis) => permute.indexOf(axis)),
    );
  });
  return joined(all);
}

/** Arrays one behind the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
