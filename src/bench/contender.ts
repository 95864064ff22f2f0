import type { Training, TrainingData } from './training';
import type { Work, WorkData } from './work';

/** A piece of work made ready on one contender: data uploaded, kernels known. */
export interface PreparedWork {
  /** Submits the work `times` times and waits until the device has done all of it. */
  run(times: number): Promise<void>;
  /** Does the work once and reads the result, in the layout that `Work` describes. */
  read(): Promise<Float32Array>;
  dispose(): void;
}

/** A library that does the same work as ours. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly dtype: 'f32' | 'f16';
  /** Refuses with {@link UnsupportedWork} what the library has no way to do. */
  prepare(work: Work, data: WorkData): Promise<PreparedWork>;
  /**
   * Makes training steps ready: `run` does steps one after the other on one batch, each giving back its loss; `read` gives the gradients
   * of the first step, one parameter behind the other in the order and the layout of the data. Absent where the library cannot train.
   */
  prepareTraining?(training: Training, data: TrainingData): Promise<PreparedWork>;
}

/** A peer cannot do a piece of work; the report says so and measures the others. */
export class UnsupportedWork extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'UnsupportedWork';
  }
}

export interface MeasureOptions {
  /** Interleaved rounds that are counted. */
  readonly rounds: number;
  /** Least seconds of one sample: quicker work is submitted several times in a row. */
  readonly sampleSeconds?: number;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Most submissions of a sample, so that a queue never grows without bound. */
const mostRepeats = 200;

/**
 * Times prepared works in turns: first all of them once to warm up (shaders compile, caches fill), then rounds of ours, peer,
 * peer. All submit equally often in a sample.
 * @returns for each work the seconds of one run in each round.
 */
export async function interleave(works: readonly Pick<PreparedWork, 'run'>[], options: MeasureOptions): Promise<number[][]> {
  const { rounds, sampleSeconds = 0.02, now = () => performance.now() } = options;
  const timed = async (work: Pick<PreparedWork, 'run'>, times: number): Promise<number> => {
    const began = now();
    await work.run(times);
    return (now() - began) / 1000;
  };
  let quickest = Infinity;
  for (const work of works) await work.run(1);
  for (const work of works) quickest = Math.min(quickest, await timed(work, 1));
  const times = Math.min(mostRepeats, Math.max(1, Math.ceil(sampleSeconds / Math.max(quickest, 1e-6))));
  const samples = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) samples[index].push((await timed(work, times)) / times);
  }
  return samples;
}
