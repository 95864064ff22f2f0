import { z } from 'zod';
import { AiprodError } from '../errors';
import { oursName } from './ours';
import { median } from '../numeric/median';

const spreadSchema = z.object({ min: z.number(), median: z.number(), max: z.number() });

const resultSchema = z.object({
  contender: z.string(),
  version: z.string(),
  dtype: z.enum(['f32', 'f16']),
  /** Seconds of one run in each round. */
  seconds: z.array(z.number().nonnegative()).min(1),
  min: z.number(),
  median: z.number(),
  /** Of the median; absent where the work is not counted in arithmetic. */
  gflops: z.number().optional(),
  /** Norm of the difference to our result over the norm of ours; absent for ourselves and for figures. */
  difference: z.number().optional(),
});

const memorySchema = z.object({
  predictedBytes: z.number(),
  heldBytes: z.number(),
});

const worstAndMean = z.object({ worst: z.number(), mean: z.number() });

const qualitySchema = z.object({
  /** Of the final latents: 1 less the relative L2 error, and the cosine. */
  similarity: worstAndMean,
  cosine: worstAndMean,
  /** Of the frames, in decibels. */
  psnr: worstAndMean,
  weightBytes: z.number(),
});

const caseSchema = z.object({
  suite: z.string(),
  name: z.string(),
  flops: z.number().optional(),
  results: z.array(resultSchema),
  /** Peer's seconds over ours by round: above 1, ours is the faster. */
  ratios: z.array(spreadSchema.extend({ peer: z.string(), byRound: z.boolean() })),
  unsupported: z.array(z.object({ peer: z.string(), reason: z.string() })),
  /** Peak of the bytes held against the planner's prediction. */
  memory: memorySchema.optional(),
  /** Results against those of plain f32 weights, over several prompts. */
  quality: qualitySchema.optional(),
});

export const benchReportSchema = z.object({
  report: z.literal(1),
  generator: z.string(),
  date: z.string(),
  adapter: z.object({
    description: z.string(),
    vendor: z.string(),
    architecture: z.string(),
    device: z.string(),
    isSoftware: z.boolean(),
    backend: z.string(),
  }),
  system: z.object({
    runtime: z.string(),
    platform: z.string(),
    processors: z.number(),
    /** Load average over a minute before and after: far above the number of processors, other work ran too. */
    load: z.tuple([z.number(), z.number()]).optional(),
  }),
  rounds: z.number(),
  /** Time that passed, or processor time of the process. Reports of before only knew the first. */
  clock: z.enum(['wall', 'processor']).default('wall'),
  cases: z.array(caseSchema),
  leftOut: z.array(z.object({ suite: z.string(), name: z.string(), reason: z.string() })),
});

export type BenchResult = z.output<typeof resultSchema>;
export type BenchCase = z.output<typeof caseSchema>;
export type BenchReport = z.output<typeof benchReportSchema>;

/** The figures of one contender. */
export function benchResult(
  contender: { readonly name: string; readonly version: string; readonly dtype: 'f32' | 'f16' },
  seconds: readonly number[],
  flops?: number,
): BenchResult {
  const middle = median(seconds);
  return {
    contender: contender.name,
    version: contender.version,
    dtype: contender.dtype,
    seconds: [...seconds],
    min: Math.min(...seconds),
    median: middle,
    ...(flops === undefined ? {} : { gflops: flops / middle / 1e9 }),
  };
}

/** Reads a report that an earlier run wrote. */
export function parseReport(text: string, where: string): BenchReport {
  const parsed = benchReportSchema.safeParse(parseJson(text, where));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `the file is no report of aiprod bench: ${issue.message}`, {
    where: `${where}, ${issue.path.join('.')}`,
    hint: 'Give a file that aiprod bench --json wrote',
  });
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AiprodError('bad-input', 'the file is not JSON', { where, hint: 'Give a file that aiprod bench --json wrote' }, { cause });
  }
}

export interface CaseComparison {
  readonly suite: string;
  readonly name: string;
  /** Seconds before over seconds now, of the medians and of the minimums: above 1, this run is the faster. */
  readonly ofMedians: number;
  readonly ofMinimums: number;
}

export interface Comparison {
  /** Whether both reports come from the same adapter: ratios mean little otherwise. */
  readonly sameAdapter: boolean;
  readonly cases: readonly CaseComparison[];
  /** Cases of this run that the baseline has not. */
  readonly missing: readonly { readonly suite: string; readonly name: string }[];
}

/** Our own figures of a run against those of an earlier one, case by case. */
export function compareReports(report: BenchReport, baseline: BenchReport): Comparison {
  const ours = (from: BenchCase | undefined): BenchResult | undefined => from?.results.find(({ contender }) => contender === oursName);
  const cases: CaseComparison[] = [];
  const missing: { suite: string; name: string }[] = [];
  for (const current of report.cases) {
    const { suite, name } = current;
    const now = ours(current);
    if (now === undefined) continue;
    const before = ours(baseline.cases.find((candidate) => candidate.suite === suite && candidate.name === name));
    if (before === undefined || before.dtype !== now.dtype) missing.push({ suite, name });
    else cases.push({ suite, name, ofMedians: before.median / now.median, ofMinimums: before.min / now.min });
  }
  return { sameAdapter: report.adapter.description === baseline.adapter.description, cases, missing };
}

const figuresSchema = z.object({
  contender: z.string().min(1),
  version: z.string(),
  cases: z.array(z.object({ suite: z.string(), name: z.string(), seconds: z.array(z.number().positive()).min(1) })),
});

/**
 * Adds figures that were measured elsewhere (tools/bench/torch_cpu.py). They ran in another process at another time, so
 * their ratio is one of medians, not of rounds.
 */
export function withFigures(report: BenchReport, text: string, where: string): BenchReport {
  const parsed = figuresSchema.safeParse(parseJson(text, where));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AiprodError('bad-input', `the file holds no figures: ${issue.message}`, {
      where: `${where}, ${issue.path.join('.')}`,
      hint: 'Write it with tools/bench/torch_cpu.py',
    });
  }
  const { contender, version, cases } = parsed.data;
  const merged = report.cases.map((current) => {
    const figure = cases.find(({ suite, name }) => suite === current.suite && name === current.name);
    const ours = current.results.find((result) => result.contender === oursName);
    if (figure === undefined || ours === undefined) return current;
    const result = benchResult({ name: contender, version, dtype: 'f32' }, figure.seconds, current.flops);
    const ratio = result.median / ours.median;
    return {
      ...current,
      results: [...current.results, result],
      ratios: [...current.ratios, { peer: contender, byRound: false, min: ratio, median: ratio, max: ratio }],
    };
  });
  return { ...report, cases: merged };
}
