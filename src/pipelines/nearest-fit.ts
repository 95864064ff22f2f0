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

/** By halving, since what is smaller needs less; what cannot be made is passed over from the small end. */
function firstThatFits(
  jobs: readonly ResolvedJob[],
  plan: (job: ResolvedJob) => BudgetPlan | undefined,
): { readonly job: ResolvedJob; readonly plan: BudgetPlan } | undefined {
  let end = jobs.length - 1;
  let last = end < 0 ? undefined : plan(jobs[end]);
  while (last === undefined && end > 0) last = plan(jobs[--end]);
  if (last?.fits !== true) return undefined;
  let found = { job: jobs[end], plan: last };
  let [low, high] = [0, end];
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

/** Codes of what is refused for its size or its parts, not for its memory. */
const unmakeable: ReadonlySet<string> = new Set(['bad-input', 'bad-usage', 'shape-mismatch']);

/** Undefined for what cannot be made: conditions beyond the end, or fewer latents than a decoder needs. */
function planOf(request: MemoryPlanRequest, budgetBytes: number): BudgetPlan | undefined {
  const { job, model, media = new Map() } = request;
  try {
    const definition: PipelineDefinition = definitions[job.pipeline];
    definition.check?.(job, model.traits, media);
    return memoryPlanner(request).within(budgetBytes);
  } catch (error) {
    if (error instanceof AiprodError && unmakeable.has(error.code)) return undefined;
    throw error;
  }
}
