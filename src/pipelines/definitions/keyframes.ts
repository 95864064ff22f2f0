import { AiprodError } from '../../errors';
import type { Condition, KnownMedia, ResolvedJob } from '../job';
import { scheduleOfJob, type GraphCondition, type GraphContext, type SamplingRequest } from '../pipeline-graph';
import { conditionedSchedule } from '../schedules';
import type { PipelineDefinition } from './definition';
import { factsOf } from './first-frame';
import { requireStages, stagedClip, type StageSize } from './stages';
import { followedRange, wholeFrames } from './source-video';

/** Latent frames at the start of a later video that become key frames; the rest of it is set into the latents themselves. */
const prefixLatentFrames = 2;

/** Images and videos at any frames of the clip (`LTXConditionPipeline`). */
export const keyframes: PipelineDefinition = {
  description: 'a clip with images or videos at any of its frames',
  fields: { conditions: 'required', imageCrf: 'optional', imageNoiseScale: 'optional', upsampler: 'optional', refine: 'optional' },
  check(job, traits, media) {
    requireFrames(job);
    requireStages(job, traits, media);
  },
  graph: (context) => stagedClip(context, (size) => keyframeSampling(context, size)),
};

/** Refuses frames that the clip does not have. */
export function requireFrames(job: ResolvedJob): void {
  for (const { frame } of job.conditions) {
    if (frame < job.frames) continue;
    throw new AiprodError('bad-usage', 'the clip has no such frame to set an image at', {
      expected: `a frame from 0 to ${job.frames - 1}`,
      found: String(frame),
      hint: `Use @${job.frames - 1} for the last frame, or more --frames`,
    });
  }
}

/**
 * As extra tokens where the model was trained for them, with the reference's own schedule; otherwise set into the latents, which
 * any model follows.
 */
export function keyframeSampling(
  context: GraphContext,
  size: StageSize = context.job,
): Omit<SamplingRequest, 'width' | 'height' | 'frames' | 'stage'> {
  const { job, media, scheduler, keyframeTokens } = context;
  const { keyframes: place, guide } = context.conditions;
  const asTokens = ({ placement }: Condition): boolean => (placement === 'auto' ? keyframeTokens : placement === 'tokens');
  const conditions = job.conditions.map((condition) =>
    asTokens(condition)
      ? place === 'end'
        ? appendedCondition(condition, context, media)
        : tokenCondition(condition, context, media)
      : latentCondition(condition, context, media),
  );
  if (!job.conditions.some(asTokens)) {
    return { schedule: scheduleOfJob(context, size), conditions, conditioning: guide, imageNoiseScale: job.imageNoiseScale };
  }
  if (place === 'end') {
    return {
      schedule: (extraTokens) => scheduleOfJob(context, size, extraTokens),
      conditions,
      conditioning: guide,
      imageNoiseScale: job.imageNoiseScale,
      positions: 'coordinates',
      extraTokens: 'end',
    };
  }
  // Stepping each token by its own noise level is defined for Euler's method alone.
  const euler = job.solver === undefined && scheduler.className === 'FlowMatchEulerDiscreteScheduler';
  return {
    schedule:
      job.sigmas === undefined && job.spacing === undefined
        ? conditionedSchedule(scheduler, { steps: job.steps, denoiseStrength: 1 })
        : scheduleOfJob(context, size),
    conditions,
    conditioning: euler ? 'strengths' : 'guide',
    imageNoiseScale: job.imageNoiseScale,
    positions: 'coordinates',
    extraTokens: 'front',
    causalKeyframes: true,
  };
}

/** At frame 0 in place of the latents; later as key frame tokens, and what a video has beyond them in place of latents. */
export function tokenCondition(condition: Condition, { job, grid }: GraphContext, media: KnownMedia): GraphCondition {
  const { file, frame, strength } = condition;
  const facts = factsOf(file, media);
  const { temporal } = grid.ratios;
  const count = wholeFrames(Math.min(facts.frames, job.frames - frame), { frameMultiple: temporal });
  const range = followedRange(job, facts, count);
  if (frame === 0) return { media: range, items: [{ item: { kind: 'latent', latentFrame: 0, strength } }] };
  const latentFrame = Math.floor(frame / temporal) + prefixLatentFrames;
  return {
    media: range,
    items: [
      { item: { kind: 'latent', latentFrame, strength }, frames: [prefixLatentFrames, Infinity] },
      { item: { kind: 'keyframe', frame, strength }, frames: [0, prefixLatentFrames] },
    ],
  };
}

/** At frame 0 in place of the latents; later whole as tokens of their own, at the place and time of its frames (LTX-2). */
function appendedCondition(condition: Condition, { job, grid }: GraphContext, media: KnownMedia): GraphCondition {
  const { file, frame, strength } = condition;
  const facts = factsOf(file, media);
  const count = wholeFrames(Math.min(facts.frames, job.frames - frame), { frameMultiple: grid.ratios.temporal });
  const item = frame === 0 ? ({ kind: 'latent', latentFrame: 0, strength } as const) : ({ kind: 'keyframe', frame, strength } as const);
  return { media: followedRange(job, facts, count), items: [{ item }] };
}

/**
 * In place of the latent frames that its frames fall into. A latent frame other than the first stands for several frames: an image
 * is shown for all of them, and the single frame that an encoder begins with is left out.
 */
export function latentCondition(condition: Condition, { job, grid }: GraphContext, media: KnownMedia): GraphCondition {
  const { file, frame, strength } = condition;
  const facts = factsOf(file, media);
  const { temporal } = grid.ratios;
  if (frame === 0) {
    const count = wholeFrames(Math.min(facts.frames, job.frames), { frameMultiple: temporal });
    return { media: followedRange(job, facts, count), items: [{ item: { kind: 'latent', latentFrame: 0, strength } }] };
  }
  const latentFrame = Math.ceil(frame / temporal);
  const room = job.frames - ((latentFrame - 1) * temporal + 1);
  const count = Math.min(facts.frames, room);
  const blocks = Math.ceil(count / temporal);
  return {
    media: { ...followedRange(job, facts, count), lead: 1, tail: blocks * temporal - count },
    items: [{ item: { kind: 'latent', latentFrame, strength }, frames: [1, Infinity] }],
  };
}
