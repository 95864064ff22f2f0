import { AiprodError } from '../errors';
import type { WeightOption } from '../weights';
import { definitions } from './definitions';
import type { PipelineDefinition } from './definitions/definition';
import type { ResolvedJob } from './job';
import { memoryPlanner, type BudgetPlan, type MemoryPlanRequest } from './plan-memory';
import { sizeFactor } from './resolve-job';

/** What of a job changes so that it fits. */
export interface NearestFit {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Where the weights must be smaller too. */
  readonly weights?: WeightOption;
  readonly plan: BudgetPlan;
}

/** Shares of the size that are tried. */
const scales = [1, 0.75, 0.5, 0.375, 0.25];

/** Weights that are tried where no size fits, the larger first. */
const smallerWeights = ['int8', 'int4'] as const satisfies readonly WeightOption[];

/**
 * The largest clip, by its pixels, that a budget has room for, where a job does not fit: of fewer frames, smaller, or both; else with
 * smaller weights. Undefined where there is none. Some ten plans are made.
 */
export function nearestFit(request: MemoryPlanRequest, budgetBytes: number): NearestFit | undefined {
  for (const weights of [undefined, ...smallerWeights]) {
    const job = weights === undefined ? request.job : { ...request.job, weights };
    const sizes = smallerJobs({ ...request, job });
    if (weights !== undefined) sizes.unshift(job);
    const found = firstThatFits(sizes, (own) => planOf({ ...request, job: own }, budgetBytes));
    if (found === undefined) continue;
    const { width, height, frames } = found.job;
    return { width, height, frames, ...(weights === undefined ? {} : { weights }), plan: found.plan };
  }
  return undefined;
}

/** In words, as flags. */
export function describeFit({ width, height, frames, weights }: NearestFit): string {
  return `--width ${width} --height ${height} --frames ${frames}${weights === undefined ? '' : ` --weights ${weights}`}`;
}

/** The job with fewer frames, smaller, or both, the largest first. */
function smallerJobs({ job, model }: MemoryPlanRequest): ResolvedJob[] {
  const multiple = model.traits.sizeMultiple * sizeFactor(job, model.traits);
  const size = (length: number, scale: number): number => Math.max(multiple, Math.floor((length * scale) / multiple) * multiple);
  const step = model.traits.frameMultiple;
  // The frames of a clip that is made of another are those of the other.
  const shares = job.video === undefined ? scales : [1];
  const frames = [...new Set(shares.map((share) => Math.floor(((job.frames - 1) * share) / step) * step + 1))];
  const jobs = new Map<string, ResolvedJob>();
  for (const scale of scales) {
    for (const count of frames) {
      const [width, height] = [size(job.width, scale), size(job.height, scale)];
      if (width === job.width && height === job.height && count === job.frames) continue;
      jobs.set(`${width} ${height} ${count}`, { ...job, width, height, frames: count });
    }
  }
  const pixels = (own: ResolvedJob): number => own.width * own.height * own.frames;
  return [...jobs.values()].sort((a, b) => pixels(b) - pixels(a));
}

/** By halving, since what is smaller needs less. */
function firstThatFits(
  jobs: readonly ResolvedJob[],
  plan: (job: ResolvedJob) => BudgetPlan | undefined,
): { readonly job: ResolvedJob; readonly plan: BudgetPlan } | undefined {
  const smallest = jobs.at(-1);
  const last = smallest === undefined ? undefined : plan(smallest);
  if (smallest === undefined || last?.fits !== true) return undefined;
  let found = { job: smallest, plan: last };
  let [low, high] = [0, jobs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const own = plan(jobs[middle]);
    if (own?.fits === true) {
      found = { job: jobs[middle], plan: own };
      high = middle;
    } else low = middle + 1;
  }
  return found;
}

/** Undefined for what the pipeline cannot make: conditions beyond the end, for one. */
function planOf(request: MemoryPlanRequest, budgetBytes: number): BudgetPlan | undefined {
  const { job, model, media = new Map() } = request;
  try {
    const definition: PipelineDefinition = definitions[job.pipeline];
    definition.check?.(job, model.traits, media);
    return memoryPlanner(request).within(budgetBytes);
  } catch (error) {
    if (error instanceof AiprodError && (error.code === 'bad-input' || error.code === 'bad-usage')) return undefined;
    throw error;
  }
}
