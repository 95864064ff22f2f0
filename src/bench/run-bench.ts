import { version } from '../../package.json';
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import type { LtxModel } from '../pipelines';
import type { Contender, MeasureOptions } from './contender';
import { measureCase, measureTraining } from './measure-case';
import { memorySuite, stepSuite } from './model-suites';
import { ourContender } from './ours';
import type { BenchCase, BenchReport } from './report';
import { softwareFlopsLimit, workSuiteNames, workSuites, type SuiteName } from './suites/shapes';
import { trainingCases, trainingFlops } from './training';
import { encodedOptions, weightPrompts, weightSuite } from './weight-suite';
import { flopsOf } from './work';

/** A clock in milliseconds. */
export interface BenchClock {
  readonly name: BenchReport['clock'];
  now(): number;
}

const wallClock: BenchClock = { name: 'wall', now: () => performance.now() };

export interface BenchRequest {
  readonly suites: readonly SuiteName[];
  readonly context: GpuContext;
  /** Our storage type; peers compute in f32. */
  readonly dtype: 'f32' | 'f16';
  readonly peers: readonly Contender[];
  readonly rounds: number;
  /** What is compared: the time that passes (default), or the processor time of this process, which other work moves less. */
  readonly clock?: BenchClock;
  /** Only cases whose name contains this. */
  readonly filter?: string;
  /** Measures the largest shapes on software adapters too. */
  readonly large: boolean;
  /** Opens the model of the suites `step` and `memory`; the caller closes it. */
  openModel(): Promise<LtxModel>;
  /** Runs the suite `start`; absent where no process can be started. */
  start?(rounds: number): Promise<BenchCase[]>;
  /** Runs the suite `compositing`; absent where no process can be started. */
  compositing?(rounds: number): Promise<BenchCase[]>;
  /** What is running: a line for people. */
  onProgress?(text: string): void;
  onCase?(measured: BenchCase): void;
  readonly system: BenchReport['system'];
}

/**
 * Runs suites in order and reports.
 *
 * @throws AiprodError `bad-usage` when the filter leaves nothing of suites that are made of named cases alone.
 */
export async function runBench(request: BenchRequest): Promise<BenchReport> {
  const { context, dtype, rounds, peers, filter, clock = wallClock } = request;
  if (filter !== undefined) requireCase(request.suites, filter);
  const options = { rounds, now: () => clock.now() };
  const cases: BenchCase[] = [];
  const leftOut: { suite: string; name: string; reason: string }[] = [];
  const add = (measured: readonly BenchCase[]): void => {
    for (const one of measured) {
      cases.push(one);
      request.onCase?.(one);
    }
  };
  const wanted = (suite: string, name: string, flops: number): boolean => {
    if (filter !== undefined && !name.includes(filter)) return false;
    const reason = tooLarge(flops, request);
    if (reason !== undefined) leftOut.push({ suite, name, reason });
    return reason === undefined;
  };
  const ours = ourContender(context, dtype);
  for (const suite of request.suites) {
    request.onProgress?.(`suite ${suite}`);
    const named = namedCases(suite);
    if (named !== undefined) {
      for (const { name, measure } of named.filter(({ name, flops }) => wanted(suite, name, flops))) {
        request.onProgress?.(`${suite}: ${name}`);
        add([await measure(ours, peers, options)]);
      }
    } else if (suite === 'step') {
      add(await stepSuite(await request.openModel(), context, dtype, options));
    } else if (suite === 'memory') {
      const blocks = workSuites.block.filter(({ name, work }) => wanted(suite, name, flopsOf(work)));
      add(await memorySuite(await request.openModel(), blocks, context, dtype));
    } else if (suite === 'weights') {
      add(
        await weightSuite(await request.openModel(), context, {
          prompts: weightPrompts,
          encodings: encodedOptions,
          onProgress: request.onProgress,
        }),
      );
    } else if (suite === 'compositing') {
      if (request.compositing === undefined) leftOut.push({ suite, name: 'all', reason: 'no process can be started here' });
      else add(await request.compositing(rounds));
    } else if (request.start === undefined) {
      leftOut.push({ suite, name: 'all', reason: 'no process can be started here' });
    } else {
      add(await request.start(rounds));
    }
  }
  return {
    report: 1,
    generator: `aiprod ${version}`,
    date: new Date().toISOString(),
    adapter: context.gpu.adapter,
    system: request.system,
    rounds,
    clock: clock.name,
    cases,
    leftOut,
  };
}

/** A case that a filter can ask for by its name. */
interface NamedCase {
  readonly name: string;
  readonly flops: number;
  measure(ours: Contender, peers: readonly Contender[], options: MeasureOptions): Promise<BenchCase>;
}

/** The cases of a suite; undefined for one that is measured as a whole. */
function namedCases(suite: SuiteName): NamedCase[] | undefined {
  const workSuite = workSuiteNames.find((name) => name === suite);
  if (workSuite !== undefined) {
    return workSuites[workSuite].map((one) => ({
      name: one.name,
      flops: flopsOf(one.work),
      measure: (...how) => measureCase(workSuite, one, ...how),
    }));
  }
  if (suite !== 'train') return undefined;
  return trainingCases.map((one) => ({
    name: one.name,
    flops: trainingFlops(one.training),
    measure: (...how) => measureTraining(one, ...how),
  }));
}

function requireCase(suites: readonly SuiteName[], filter: string): void {
  const names: string[] = [];
  for (const suite of suites) {
    const named = namedCases(suite);
    if (named === undefined) return;
    names.push(...named.map(({ name }) => name));
  }
  if (names.some((name) => name.includes(filter))) return;
  throw new AiprodError('bad-usage', 'no case has this text in its name', { expected: `a part of: ${names.join('; ')}`, found: filter });
}

/** Why a piece of work is left out on this adapter. */
function tooLarge(flops: number, { context, large }: BenchRequest): string | undefined {
  if (large || !context.gpu.adapter.isSoftware || flops <= softwareFlopsLimit) return undefined;
  return `${(flops / 1e9).toFixed(0)} GFLOP take minutes on a software adapter; --large measures it`;
}
