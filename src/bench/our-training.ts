/** A training step on our runtime. */
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { evaluateGraph, removeDeadCode, runGraph, updatedName, updatesAsOutputs, type Graph, type HostTensor } from '../graph';
import { gradientGraph, inFileOrder, Trainer, trainingNames, type GradientGraphOptions } from '../training';
import type { PreparedWork } from './contender';
import { predictionName, trainingModel, trainingOptimizer, trainingRate, type Training, type TrainingData } from './training';
import { joinedFloats } from '../numeric/joined';

/** A trainer at its work, as in use: every step takes a batch and gives back its loss. */
export async function prepareTraining(
  training: Training,
  data: TrainingData,
  context: GpuContext,
  dtype: 'f32' | 'f16',
): Promise<PreparedWork> {
  const model = trainingModel(training, dtype);
  const options = { ...gradientOptions(data), optimizer: trainingOptimizer };
  const trainer = await Trainer.create(model, options, context, (name) => parameterOf(data, name));
  const batch = { inputs: inputsOf(gradientGraph(model, options), data) };
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

function gradientOptions({ parameters }: TrainingData): GradientGraphOptions {
  return { prediction: predictionName, trainable: [...parameters.keys()] };
}

/** The pass that gives its gradients back, and what it takes. */
function gradientRun(
  training: Training,
  data: TrainingData,
  dtype: 'f32' | 'f16',
): { graph: Graph; inputs: Record<string, HostTensor['data']> } {
  const graph = removeDeadCode(updatesAsOutputs(gradientGraph(trainingModel(training, dtype), gradientOptions(data))));
  return { graph, inputs: { ...inputsOf(graph, data), [trainingNames.share]: Float32Array.of(1) } };
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
  const all = [...parameters.keys()].map((name) => {
    const values = Float32Array.from(outputs.get(updatedName(trainingNames.gradient(name)))?.data ?? []);
    return inFileOrder(graph, name, values);
  });
  return joinedFloats(all);
}
