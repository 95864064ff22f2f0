import { AiprodError } from '../errors';
import type { WeightOption } from '../weights';
import { definitions } from './definitions';
import type { PipelineDefinition } from './definitions/definition';
import type { JobSize } from './generator-api';
import type { ModelTraits } from './job';
import { traitsWith } from './opening/open-upsampler';
import { memoryPlanner, type BudgetPlan, type MemoryPlanRequest } from './plan-memory';
import { sizeFactor } from './resolve-job';

/** What of a job changes so that it fits. */
export interface NearestFit extends JobSize {
  /** Where the weights must be smaller too. */
  readonly weights?: WeightOption;
  readonly plan: BudgetPlan;
}

export interface FitOptions {
  /**
   * Whether width, height and frames shrink together and the weights stay as they are, in fine steps. Otherwise the largest clip is looked
   * for among fewer frames, smaller pictures and both, then with smaller weights.
   */
  readonly inProportion?: boolean;
}

/** Shares of the size that are tried, each with each share of the frames. */
const scales = [1, 0.75, 0.5, 0.375, 0.25];

/** Shares of width, height and frames that are tried together: small steps near the wish, down to a fifth. */
const proportions = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2];

/** Weights that are tried where no size fits, the larger first. */
const smallerWeights = ['int8', 'int4'] as const satisfies readonly WeightOption[];

/**
 * The largest clip, by its pixels, that a budget has room for, where a job does not fit; see {@link FitOptions} for what changes. Undefined
 * where there is none. Some ten plans are made.
 */
export function nearestFit(
  request: MemoryPlanRequest,
  budgetBytes: number,
  { inProportion = false }: FitOptions = {},
): NearestFit | undefined {
  for (const weights of inProportion ? [undefined] : [undefined, ...smallerWeights]) {
    const job = weights === undefined ? request.job : { ...request.job, weights };
    const sizes: JobSize[] = smallerSizes(job, gridOf({ ...request, job }), { inProportion });
    if (weights !== undefined) sizes.unshift(job);
    const found = largestThatFits(sizes, (size) => planOf({ ...request, job: { ...job, ...size } }, budgetBytes));
    if (found === undefined) continue;
    const { width, height, frames } = found.size;
    return { width, height, frames, ...(weights === undefined ? {} : { weights }), plan: found.plan };
  }
  return undefined;
}

/** In words, as flags. */
export function describeFit({ width, height, frames, weights }: NearestFit): string {
  return `--width ${width} --height ${height} --frames ${frames}${weights === undefined ? '' : ` --weights ${weights}`}`;
}

/** Of what width, height and frames less one are multiples. */
type SizeGrid = Pick<ModelTraits, 'sizeMultiple' | 'frameMultiple'> & { readonly fixedFrames?: boolean };

function gridOf({ job, model, upsampler }: MemoryPlanRequest): SizeGrid {
  const traits = traitsWith(model, upsampler);
  return {
    sizeMultiple: traits.sizeMultiple * sizeFactor(job, traits),
    frameMultiple: traits.frameMultiple * (job.upsampler === undefined ? 1 : (traits.upsampling?.time ?? 1)),
    // The frames of a clip that is made of another are those of the other.
    fixedFrames: job.video !== undefined,
  };
}

/** Sizes on a model's grid below the one wished for, each once, the largest first. */
export function smallerSizes(
  wish: JobSize,
  { sizeMultiple, frameMultiple, fixedFrames = false }: SizeGrid,
  { inProportion = false }: FitOptions,
): JobSize[] {
  const side = (pixels: number, share: number, round: (value: number) => number): number =>
    Math.min(pixels, Math.max(sizeMultiple, round((pixels * share) / sizeMultiple) * sizeMultiple));
  const frames = (share: number): number =>
    fixedFrames ? wish.frames : Math.floor(((wish.frames - 1) * share) / frameMultiple) * frameMultiple + 1;
  const shares = inProportion
    ? proportions.map((share) => [share, share] as const)
    : scales.flatMap((size) => scales.map((count) => [size, count] as const));
  // In proportion each side goes to its nearest multiple, so that the proportions stay.
  const round = inProportion ? Math.round : Math.floor;
  const sizes = new Map(
    shares.map(([size, count]): [string, JobSize] => {
      const own = { width: side(wish.width, size, round), height: side(wish.height, size, round), frames: frames(count) };
      return [`${own.width} ${own.height} ${own.frames}`, own];
    }),
  );
  sizes.delete(`${wish.width} ${wish.height} ${wish.frames}`);
  const pixels = (own: JobSize): number => own.width * own.height * own.frames;
  return [...sizes.values()].sort((a, b) => pixels(b) - pixels(a));
}

/**
 * By halving, since what is smaller needs less; what cannot be made is passed over from the small end.
 * @param plan of a size, undefined for what cannot be made
 */
export function largestThatFits<Plan extends { readonly fits: boolean }>(
  sizes: readonly JobSize[],
  plan: (size: JobSize) => Plan | undefined,
): { readonly size: JobSize; readonly plan: Plan } | undefined {
  let end = sizes.length - 1;
  let last = end < 0 ? undefined : plan(sizes[end]);
  while (last === undefined && end > 0) last = plan(sizes[--end]);
  if (last?.fits !== true) return undefined;
  let found = { size: sizes[end], plan: last };
  let [low, high] = [0, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    const own = plan(sizes[middle]);
    if (own?.fits === true) {
      found = { size: sizes[middle], plan: own };
      high = middle;
    } else low = middle + 1;
  }
  return found;
}

/** Codes of what is refused for its size or its parts, not for its memory. */
const unmakeable: ReadonlySet<string> = new Set(['bad-input', 'bad-usage', 'shape-mismatch']);

/** Undefined for what cannot be made: conditions beyond the end, or fewer latents than a decoder needs. */
function planOf(request: MemoryPlanRequest, budgetBytes: number): BudgetPlan | undefined {
  const { job, model, upsampler, media = new Map() } = request;
  try {
    const definition: PipelineDefinition = definitions[job.pipeline];
    definition.check?.(job, traitsWith(model, upsampler), media);
    return memoryPlanner(request).within(budgetBytes);
  } catch (error) {
    if (error instanceof AiprodError && unmakeable.has(error.code)) return undefined;
    throw error;
  }
}
