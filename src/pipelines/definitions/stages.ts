import { AiprodError } from '../../errors';
import type { KnownMedia, ModelTraits, ResolvedJob } from '../job';
import { framesPerSecond } from '../job';
import { decodedClip } from '../decoding-graph';
import {
  fixedSchedule,
  latentShapeOf,
  sampledLatents,
  samplingNodes,
  type GraphContext,
  type ClipGraph,
  type SampledLatents,
  type SamplingRequest,
  type Upsampling,
} from '../pipeline-graph';
import { ref } from '../nodes/video-value';
import { secondStageSigmas } from '../presets';

/** What a stage makes: its size, its frames and how many of them are shown a second. */
export interface StageSize {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

type Sampling = Omit<SamplingRequest, keyof StageSize | 'stage'>;

/**
 * A clip that is sampled once, or, where the job names an upsampler, made small, enlarged and refined by a few steps without guidance
 * (LTX-2's two stages, LTX-Video's multi-scale pipeline).
 *
 * @param sampling how a stage samples
 * @param refining what is different in the second stage
 */
export function stagedClip(context: GraphContext, sampling: (size: StageSize) => Sampling, refining: Partial<Sampling> = {}): ClipGraph {
  return decodedClip(context, stagedLatents(context, sampling, refining));
}

/** The latents of such a clip. */
export function stagedLatents(
  context: GraphContext,
  sampling: (size: StageSize) => Sampling,
  refining: Partial<Sampling> = {},
): SampledLatents {
  const { job, identity, upsampling } = context;
  const whole: StageSize = { width: job.width, height: job.height, frames: job.frames };
  if (job.upsampler === undefined) return sampledLatents(context, sampling(whole));
  if (upsampling === undefined) throw new AiprodError('internal', 'the upsampler of the job was not opened');
  const small = smallSize(whole, upsampling);
  const frameRate = framesPerSecond(job.frameRate) / upsampling.time;
  const first = samplingNodes(context, { ...sampling(small), ...small, frameRate });
  const guidance = job.refine?.guidance ?? { space: 'velocity', terms: [] };
  const second = samplingNodes(context, {
    ...sampling(whole),
    ...refining,
    ...whole,
    stage: 2,
    schedule: fixedSchedule(job.refine?.sigmas ?? secondStageSigmas),
    refine: ref('upsample', 'latents'),
    guidance,
    audioGuidance: { space: guidance.space, terms: [] },
    ...(first.audio === undefined ? {} : { refineAudio: first.audio }),
  });
  return {
    ...second,
    nodes: [
      ...first.nodes,
      {
        name: 'upsample',
        kind: 'upsample-latents',
        inputs: { latents: first.latents },
        settings: {
          shape: [...latentShapeOf(context, small)],
          adainFactor: job.refine?.adainFactor ?? 0,
          toneMapCompression: job.refine?.toneMapCompression ?? 0,
          model: [identity.upsampler, identity.vae],
        },
        placement: 'gpu',
      },
      ...second.nodes,
    ],
  };
}

/** What the first of two stages makes. */
export function smallSize({ width, height, frames }: StageSize, { space, time }: Upsampling): StageSize {
  return { width: width / space, height: height / space, frames: (frames - 1) / time + 1 };
}

/** Refuses frames that the first of two stages cannot make, and given frames that it has no place for. */
export function requireStages(job: ResolvedJob, traits: ModelTraits, media: KnownMedia): void {
  const { upsampling } = traits;
  if (job.upsampler === undefined || upsampling === undefined || upsampling.time === 1) return;
  const multiple = traits.frameMultiple * upsampling.time;
  if ((job.frames - 1) % multiple !== 0) {
    throw new AiprodError('bad-input', 'the frames do not divide for an upsampler that doubles them', {
      expected: `${multiple} x n + 1 frames`,
      found: String(job.frames),
      hint: `Use --frames ${Math.max(1, Math.round((job.frames - 1) / multiple)) * multiple + 1}`,
    });
  }
  const moving = job.conditions.find(({ file, frame }) => frame > 0 || (media.get(file)?.frames ?? 1) > 1);
  if (moving === undefined && job.video === undefined) return;
  throw new AiprodError('bad-usage', 'an upsampler that doubles the frames leaves no place for videos, or pictures at later frames', {
    where: moving?.file ?? job.video,
    expected: 'a picture for the first frame',
    hint: 'Use an upsampler that enlarges width and height alone',
  });
}
