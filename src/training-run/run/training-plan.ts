import type { SampleSet } from '../../data';
import type { GpuContext } from '../../gpu';
import { compileGraph, programFlops, type Program } from '../../graph';
import type { VideoModel } from '../../pipelines';
import { storedGradientGraph, storedUpdateGraph, type Trainer } from '../../training';
import type { TrainingConfig } from '../config';
import { openSubject } from '../subject/open-subject';
import { trainerOf, trainerOptions } from '../subject/open-trainer';
import type { SubjectBatch, TrainedComponent, TrainingSubject } from '../subject/training-subject';

/** What a run would take and do. */
export interface TrainingPlan {
  /** Numbers of the component, and of what is trained in it or beside it. */
  readonly parameters: { readonly component: TrainedComponent; readonly total: number; readonly trained: number };
  readonly dtype: 'f32' | 'f16';
  readonly memory: {
    /** Weights, gradients and the optimiser's state. */
    readonly stateBytes: number;
    /** What programs hold beside them; those of several shapes are kept ready. */
    readonly workingBytes: number;
    readonly totalBytes: number;
  };
  readonly time: {
    /** Measured on the device; undefined where the run would not fit its memory limit. */
    readonly secondsPerStep: number | undefined;
    /** Arithmetic of a step, of the largest shape, in floating-point operations. */
    readonly flopsPerStep: number;
  };
  readonly data: {
    readonly samples: number;
    readonly rejected: number;
    /** By the shapes of their tensors. */
    readonly buckets: ReadonlyMap<string, number>;
    /** Times that the run goes through the set. */
    readonly epochs: number;
  };
  readonly steps: number;
}

/** Programs of different shapes that a trainer keeps ready. */
const keptShapes = 4;
/** Steps that are measured, after one that is not. */
const measuredSteps = 2;

/**
 * What a run would take, told by the planner from the shapes of the set; the time is measured on the device with weights that are then thrown away.
 * Nothing is written.
 */
export async function planTraining(
  opened: VideoModel,
  config: TrainingConfig,
  set: SampleSet,
  context: GpuContext,
  signal: AbortSignal,
): Promise<TrainingPlan> {
  const subject = await openSubject(opened, config, context);
  const { optimization, acceleration } = config;
  const buckets = new Map<string, number[]>();
  for (let index = 0; index < set.size; index++) {
    const bucket = set.bucketOf(index);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), index]);
  }
  const programs: Program[] = [];
  for (const members of buckets.values()) programs.push(await gradientProgram(subject, config, set, context, members[0]));
  const options = trainerOptions(subject, config, context);
  const update = compileGraph(storedUpdateGraph(subject.parameterGraph, options), context);
  const largest = [...programs].sort((a, b) => workingBytes(b) - workingBytes(a)).slice(0, keptShapes);
  const stateBytes = Math.max(...programs.map(({ memory }) => memory.parameterBytes)) + update.memory.inputBytes;
  const working = largest.reduce(
    (sum, program) => sum + workingBytes(program),
    update.memory.totalBytes - update.memory.parameterBytes - update.memory.inputBytes,
  );
  const totalBytes = stateBytes + working;
  const accumulated = optimization.gradient_accumulation_steps;
  const flopsPerStep = accumulated * Math.max(...programs.map(programFlops)) + programFlops(update);
  const fits = acceleration.memory_limit === undefined || totalBytes <= acceleration.memory_limit;
  return {
    parameters: { component: subject.component, ...subject.parameters },
    dtype: subject.dtype,
    memory: { stateBytes, workingBytes: working, totalBytes },
    time: { flopsPerStep, secondsPerStep: fits ? await measure(subject, config, set, context, signal) : undefined },
    data: {
      samples: set.size,
      rejected: set.rejected?.length ?? 0,
      buckets: new Map([...buckets].map(([bucket, members]) => [bucket, members.length])),
      epochs: (optimization.steps * optimization.batch_size * accumulated) / Math.max(1, set.size),
    },
    steps: optimization.steps,
  };
}

function workingBytes({ memory }: Program): number {
  return memory.totalBytes - memory.parameterBytes;
}

/** The program that a batch of a sample's bucket runs. */
async function gradientProgram(
  subject: TrainingSubject,
  config: TrainingConfig,
  set: SampleSet,
  context: GpuContext,
  index: number,
): Promise<Program> {
  const batch = await batchOf(subject, config, set, index);
  const summed = config.optimization.gradient_accumulation_steps > 1;
  return compileGraph(storedGradientGraph(batch.shapes.graph(), trainerOptions(subject, config, context), summed), context);
}

async function batchOf(subject: TrainingSubject, config: TrainingConfig, set: SampleSet, index: number): Promise<SubjectBatch> {
  const sample = await set.read(index);
  const samples = Array.from({ length: config.optimization.batch_size }, () => sample);
  // Captions are of one length with and without words.
  const strategy = { ...config.training_strategy, caption_dropout_p: 0 };
  return subject.batch(samples, { config: { ...config, training_strategy: strategy }, key: { seed: config.seed, step: 0 } });
}

/** Seconds of a step on the first sample's shapes, the fastest of some. */
async function measure(
  subject: TrainingSubject,
  config: TrainingConfig,
  set: SampleSet,
  context: GpuContext,
  signal: AbortSignal,
): Promise<number> {
  const trainer: Trainer = await trainerOf(subject, config, context);
  try {
    const batch = await batchOf(subject, config, set, 0);
    const batches = Array.from({ length: config.optimization.gradient_accumulation_steps }, () => batch);
    const seconds: number[] = [];
    for (let k = 0; k <= measuredSteps; k++) {
      const began = performance.now();
      await trainer.train(batches, config.optimization.learning_rate, { signal });
      seconds.push((performance.now() - began) / 1000);
    }
    return Math.min(...seconds.slice(1));
  } finally {
    trainer.destroy();
  }
}
