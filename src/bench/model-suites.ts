/** Suites about whole programs: steps of a model, and memory against its prediction. */
import { version } from '../../package.json';
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { compileGraph, elementCount, ParameterStore, ProgramInstance, programFlops, type ParameterReader, type Program } from '../graph';
import { randomNormal } from '../numeric/random';
import { parseJob, planJob, resolveJob, type LtxModel } from '../pipelines';
import { interleave, type MeasureOptions } from './contender';
import { oursName, traceWork } from './ours';
import { benchResult, type BenchCase } from './report';
import type { WorkCase } from './suites/shapes';
import { workData } from './work';

/** Largest share by which the bytes held may differ from the prediction. */
export const memoryTolerance = 0.05;

/** A program of a model and the weights it reads. */
interface ModelProgram {
  readonly name: string;
  readonly program: Program;
  readonly read: ParameterReader;
}

/** The programs of the model's default job, with guidance and without. */
function modelPrograms(
  model: LtxModel,
  context: GpuContext,
  dtype: 'f32' | 'f16',
): { denoise: ModelProgram[]; decode: ModelProgram; text: ModelProgram } {
  const programOf = (node: string, guidanceScale: number): Program => {
    const job = resolveJob(parseJob({ prompt: 'a red ball', model: model.name, dtype, guidanceScale }), model.traits);
    const program = planJob({ model, job, context, previews: false }).programs.get(node);
    if (program === undefined) throw new AiprodError('internal', `a plan has no program for ${node}`);
    return program;
  };
  const scale = model.traits.defaults.guidanceScale;
  return {
    denoise: [
      {
        name: `${model.name}, one denoising step without guidance`,
        program: programOf('denoise', 1),
        read: model.reader('transformer'),
      },
      {
        name: `${model.name}, one denoising step with guidance`,
        program: programOf('denoise', scale > 1 ? scale : 3),
        read: model.reader('transformer'),
      },
    ],
    decode: { name: `${model.name}, VAE decode of a clip`, program: programOf('decode', 1), read: model.reader('vae') },
    text: { name: `${model.name}, text encoder`, program: programOf('text', 1), read: model.reader('text_encoder') },
  };
}

/** Writes normal numbers into float inputs; integer inputs stay 0, which is a token every vocabulary has. */
function fillInputs(instance: ProgramInstance): void {
  instance.program.buffers.forEach((buffer, stream) => {
    if (buffer.kind === 'input' && (buffer.type.dtype === 'f32' || buffer.type.dtype === 'f16')) {
      instance.write(buffer.name, randomNormal(2, stream, elementCount(buffer.type.shape)));
    }
  });
}

async function withInstance<T>(
  context: GpuContext,
  { program, read }: Omit<ModelProgram, 'name'>,
  body: (instance: ProgramInstance) => Promise<T>,
): Promise<T> {
  const parameters = new ParameterStore(context, read);
  try {
    const instance = await ProgramInstance.create(program, context, parameters);
    try {
      fillInputs(instance);
      return await body(instance);
    } finally {
      instance.destroy();
    }
  } finally {
    parameters.destroy();
  }
}

/** One denoising step of a model with guidance and without, and the VAE decode of its clip; results are read back as in use. */
export async function stepSuite(model: LtxModel, context: GpuContext, dtype: 'f32' | 'f16', options: MeasureOptions): Promise<BenchCase[]> {
  const { denoise, decode } = modelPrograms(model, context, dtype);
  const cases: BenchCase[] = [];
  for (const measured of [...denoise, decode]) {
    const [seconds] = await withInstance(context, measured, (instance) =>
      interleave(
        [
          {
            async run(times) {
              for (let k = 0; k < times; k++) requireFinite(await instance.run(), measured.name);
            },
          },
        ],
        options,
      ),
    );
    const flops = programFlops(measured.program);
    cases.push({
      suite: 'step',
      name: measured.name,
      flops,
      results: [benchResult({ name: oursName, version, dtype }, seconds, flops)],
      ratios: [],
      unsupported: [],
    });
  }
  return cases;
}

function requireFinite(outputs: ReadonlyMap<string, { readonly data: ArrayLike<number> }>, where: string): void {
  for (const { data } of outputs.values()) {
    for (let k = 0; k < data.length; k++) {
      if (!Number.isFinite(data[k])) throw new AiprodError('check-failed', 'the result is not finite', { where, found: String(data[k]) });
    }
  }
}

/** Bytes held at the peak of a program's life, from loading its weights to its results, against the planner's prediction. */
export async function memorySuite(
  model: LtxModel,
  blocks: readonly WorkCase[],
  context: GpuContext,
  dtype: 'f32' | 'f16',
): Promise<BenchCase[]> {
  const { denoise, decode, text } = modelPrograms(model, context, dtype);
  const programs: ModelProgram[] = [text, ...denoise, decode];
  for (const { name, work } of blocks) {
    const data = workData(work);
    const read: ParameterReader = (parameter) => data.get(parameter)?.data ?? new Float32Array(0);
    programs.push({ name: `block, ${name}`, program: compileGraph(traceWork(work, data, dtype), context), read });
  }
  const cases: BenchCase[] = [];
  for (const measured of programs) {
    const { allocator } = context;
    const before = allocator.liveBytes;
    allocator.resetPeak();
    await withInstance(context, measured, async (instance) => instance.run());
    cases.push(memoryCase(measured.name, measured.program.memory.totalBytes, allocator.peakBytes - before));
  }
  return cases;
}

/** A case that holds no times, only bytes. */
export function memoryCase(name: string, predictedBytes: number, heldBytes: number): BenchCase {
  return { suite: 'memory', name, results: [], ratios: [], unsupported: [], memory: { predictedBytes, heldBytes } };
}

/** Whether the bytes held are as predicted, within {@link memoryTolerance}. */
export function memoryAgrees({ predictedBytes, heldBytes }: { readonly predictedBytes: number; readonly heldBytes: number }): boolean {
  return Math.abs(heldBytes - predictedBytes) <= memoryTolerance * predictedBytes;
}
