import { AiprodError } from '../errors';
import { interleave, UnsupportedWork, type Contender, type MeasureOptions, type PreparedWork } from './contender';
import { referenceGradients } from './our-training';
import { referenceResult } from './ours';
import { benchResult, type BenchCase } from './report';
import { relativeDifference, roundRatios } from './statistics';
import type { WorkCase, WorkSuiteName } from './suites/shapes';
import { trainingData, trainingFlops, type TrainingCase } from './training';
import { flopsOf, workData } from './work';

/** Relative L2 that results may be apart. */
const tolerances = { f32: 1e-4, f16: 1e-2 } as const;

/** Work up to this size is checked against the CPU reference where there is no peer to check it against, in operations. */
const referenceFlopsLimit = 3e8;

/** What is measured: how to make it ready on a contender, and who judges our result where no peer does. */
interface Measured {
  readonly suite: string;
  readonly name: string;
  readonly flops: number;
  prepare(contender: Contender): Promise<PreparedWork>;
  reference(): Promise<Float32Array>;
}

/**
 * Measures one piece of work on us and on the peers, interleaved. Everybody's result is compared first: the time of a wrong
 * answer means nothing.
 *
 * @throws AiprodError `check-failed` when results differ.
 */
export async function measureCase(
  suite: WorkSuiteName,
  { name, work }: WorkCase,
  ours: Contender,
  peers: readonly Contender[],
  options: MeasureOptions,
): Promise<BenchCase> {
  const data = workData(work);
  const measured: Measured = {
    suite,
    name,
    flops: flopsOf(work),
    prepare: (contender) => contender.prepare(work, data),
    reference: () => referenceResult(work, data),
  };
  return measure(measured, ours, peers, options);
}

/** As {@link measureCase}, a training step; what is compared are the gradients of all parameters. */
export async function measureTraining(
  { name, training }: TrainingCase,
  ours: Contender,
  peers: readonly Contender[],
  options: MeasureOptions,
): Promise<BenchCase> {
  const data = trainingData(training);
  const measured: Measured = {
    suite: 'train',
    name,
    flops: trainingFlops(training),
    prepare: async (contender) => {
      if (contender.prepareTraining === undefined) throw new UnsupportedWork('it has no gradients here');
      return contender.prepareTraining(training, data);
    },
    reference: () => referenceGradients(training, data),
  };
  return measure(measured, ours, peers, options);
}

async function measure(
  { suite, name, flops, prepare, reference }: Measured,
  ours: Contender,
  peers: readonly Contender[],
  options: MeasureOptions,
): Promise<BenchCase> {
  const where = `${suite}, ${name}`;
  const running: { contender: Contender; prepared: PreparedWork; difference: number | undefined }[] = [];
  const unsupported: { peer: string; reason: string }[] = [];
  try {
    const prepared = await prepare(ours);
    running.push({ contender: ours, prepared, difference: undefined });
    const expected = await prepared.read();
    requireNumbers(expected, where);
    for (const peer of peers) {
      try {
        const theirs = await prepare(peer);
        running.push({
          contender: peer,
          prepared: theirs,
          difference: requireAgreement(await theirs.read(), expected, peer.name, ours.dtype, where),
        });
      } catch (error) {
        if (!(error instanceof UnsupportedWork)) throw error;
        unsupported.push({ peer: peer.name, reason: error.reason });
      }
    }
    if (running.length === 1 && flops <= referenceFlopsLimit) {
      requireAgreement(await reference(), expected, 'the CPU reference', ours.dtype, where);
    }
    const seconds = await interleave(
      running.map((entry) => entry.prepared),
      options,
    );
    return {
      suite,
      name,
      flops,
      results: running.map(({ contender, difference }, index) => ({
        ...benchResult(contender, seconds[index], flops),
        ...(difference === undefined ? {} : { difference }),
      })),
      ratios: running
        .slice(1)
        .map(({ contender }, index) => ({ peer: contender.name, byRound: true, ...roundRatios(seconds[index + 1], seconds[0]) })),
      unsupported,
    };
  } finally {
    for (const { prepared } of running) prepared.dispose();
  }
}

function requireNumbers(values: Float32Array, where: string): void {
  if (values.every(Number.isFinite) && values.some((value) => value !== 0)) return;
  throw new AiprodError('check-failed', 'our result is not finite or is all zeros', {
    where,
    hint: 'Check the adapter with aiprod verify',
  });
}

function requireAgreement(actual: Float32Array, expected: Float32Array, peer: string, dtype: 'f32' | 'f16', where: string): number {
  const difference = relativeDifference(actual, expected);
  if (difference <= tolerances[dtype]) return difference;
  throw new AiprodError('check-failed', `our result differs from that of ${peer}`, {
    where,
    expected: `a relative L2 of at most ${tolerances[dtype]}`,
    found: actual.length === expected.length ? String(difference) : `${actual.length} elements instead of ${expected.length}`,
    hint: 'Nothing was timed; check the adapter with aiprod verify',
  });
}
