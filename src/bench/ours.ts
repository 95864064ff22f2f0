import { version } from '../../package.json';
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import {
  add,
  attention,
  compileGraph,
  conv3d,
  evaluateGraph,
  matmul,
  multiply,
  ParameterStore,
  ProgramInstance,
  rmsNorm,
  Tracer,
  type Graph,
  type Tensor,
} from '../graph';
import { ltxTransformerBlock, parseLtxTransformerConfig } from '../models';
import type { Contender, PreparedWork } from './contender';
import { prepareTraining } from './our-training';
import { modulationRowCount, residualNormEps, type Work, type WorkData, type WorkOf } from './work';

/** Name of our own measurements in reports. */
export const oursName = 'aiprod';

/** Our runtime, used as a model's author does: traced, compiled, replayed. */
export function ourContender(context: GpuContext, dtype: 'f32' | 'f16'): Contender {
  return {
    name: oursName,
    version,
    dtype,
    async prepare(work, data) {
      const graph = traceWork(work, data, dtype);
      return prepareGraph(graph, context, data);
    },
    prepareTraining: (training, data) => prepareTraining(training, data, context, dtype),
  };
}

async function prepareGraph(graph: Graph, context: GpuContext, data: WorkData): Promise<PreparedWork> {
  const parameters = new ParameterStore(context, (name) => valuesOf(data, name));
  let instance: ProgramInstance;
  try {
    instance = await ProgramInstance.create(compileGraph(graph, context), context, parameters);
  } catch (error) {
    parameters.destroy();
    throw error;
  }
  for (const name of graph.inputs.keys()) instance.write(name, valuesOf(data, name));
  return {
    run: (times) => instance.dispatchOnly(times),
    read: async () => resultOf(await instance.run()),
    dispose() {
      instance.destroy();
      parameters.destroy();
    },
  };
}

/** The work on the CPU, operation by operation in f64: the judge where there is no peer. */
export async function referenceResult(work: Work, data: WorkData): Promise<Float32Array> {
  const graph = traceWork(work, data, 'f32');
  const inputs = Object.fromEntries(Array.from(graph.inputs.keys(), (name) => [name, valuesOf(data, name)]));
  return resultOf(await evaluateGraph(graph, inputs, (name) => valuesOf(data, name)));
}

function resultOf(outputs: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): Float32Array {
  const result = outputs.get('result')?.data;
  if (!(result instanceof Float32Array)) throw new AiprodError('internal', 'the graph of a benchmark has no float result');
  return result;
}

function valuesOf(data: WorkData, name: string): Float32Array {
  const tensor = data.get(name);
  if (tensor === undefined) throw new AiprodError('internal', `the data of a benchmark has no ${name}`);
  return tensor.data;
}

/** The graph of a piece of work; its output is called `result`. */
export function traceWork(work: Work, data: WorkData, dtype: 'f32' | 'f16'): Graph {
  const tracer = new Tracer({ dtype });
  const input = (name: string, type: 'f32' | 'f16' = dtype): Tensor => tracer.input(name, data.get(name)?.shape ?? [], type);
  tracer.output('result', traceOperation(work, input));
  return tracer.finish();
}

function traceOperation(work: Work, input: (name: string, type?: 'f32' | 'f16') => Tensor): Tensor {
  switch (work.op) {
    case 'matmul':
      return matmul(input('a'), input('b'), { transposeB: work.transposeB });
    case 'attention':
      return attention(input('q'), input('k'), input('v'));
    case 'conv3d':
      return conv3d(input('x'), input('w'), {
        stride: [1, 1, 1],
        padding: [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      });
    case 'norm':
      return add(multiply(rmsNorm(input('x'), { eps: residualNormEps }), add(input('scale'), 1)), input('shift'));
    case 'block':
      return traceBlock(work, input);
  }
}

function traceBlock({ heads, headDim }: WorkOf<'block'>, input: (name: string, type?: 'f32' | 'f16') => Tensor): Tensor {
  const width = heads * headDim;
  const config = parseLtxTransformerConfig(
    { num_attention_heads: heads, attention_head_dim: headDim, cross_attention_dim: width },
    'bench',
  );
  return ltxTransformerBlock(input('hidden', 'f32'), 0, {
    config,
    text: input('text'),
    textBias: undefined,
    timestepRows: Array.from({ length: modulationRowCount }, (_, row) => input(`timestep.${row}`)),
    rotaryCos: input('cos', 'f32'),
    rotarySin: input('sin', 'f32'),
    perturbations: [],
    capture: () => undefined,
  });
}
