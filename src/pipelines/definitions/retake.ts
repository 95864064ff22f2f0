import { AiprodError } from '../../errors';
import type { KnownMedia, ModelTraits, ResolvedJob } from '../job';
import { framesPerSecond } from '../job';
import { decodedClip, finishedSound, sampledClip } from '../decoding-graph';
import { sampledLatents, scheduleOfJob, type ClipGraph, type GraphContext } from '../pipeline-graph';
import { audioLatentsPerSecond } from '../../diffusion';
import { requireSoundModel, soundOf, sourceSound, type SourceSound } from './source-sound';
import type { PipelineDefinition } from './definition';
import { defaultsOfSource, rangeOf, requireSourceFrames, sourceOf } from './source-video';

/** A stretch of a video made anew; the latents of all other frames stay as they are. */
export const retake: PipelineDefinition = {
  description: 'a stretch of a video made anew, the rest kept',
  fields: { video: 'required', region: 'required' },
  defaults: defaultsOfSource,
  check(job, traits, media) {
    requireSourceFrames(job, traits, media);
    const { start = 0, end = 0 } = job.region ?? {};
    requireWhat(job, traits, media);
    if (start < end && end <= job.frames) return;
    throw new AiprodError('bad-usage', 'the video has no such region', {
      expected: `frames START:END with 0 <= START < END <= ${job.frames}`,
      found: `${start}:${end}`,
      hint: `Use --region ${Math.min(start, job.frames - 1)}:${job.frames}`,
    });
  },
  graph(context) {
    const { job, media, grid } = context;
    const { start, end } = job.region ?? { start: 0, end: job.frames };
    // The first latent frame stands for one frame, each other for as many as the compression is.
    const latentFrame = (frame: number): number => Math.ceil(frame / grid.ratios.temporal);
    const range: [number, number] = [latentFrame(start), latentFrame(end - 1) + 1];
    const sound = job.video === undefined ? undefined : sourceSound(context, job.video);
    if (sound !== undefined) return retakeWithSound(context, sound, range);
    return sampledClip(context, {
      schedule: scheduleOfJob(context, job),
      conditioning: 'hold',
      conditions: [
        {
          media: rangeOf(sourceOf(job, media), 0, job.frames),
          items: [{ item: { kind: 'mask', frames: range, strength: 1 } }],
        },
      ],
    });
  },
};

/**
 * A video with sound: in the region both are made anew, or one of them while the other stays whole. Sound that is not made anew is that
 * of the file.
 */
function retakeWithSound(context: GraphContext, sound: SourceSound, frames: [number, number]): ClipGraph {
  const { job, media, audio } = context;
  const { start, end, what } = job.region ?? { start: 0, end: job.frames, what: 'both' as const };
  const rate = framesPerSecond(job.frameRate);
  const perSecond = audio === undefined ? 0 : audioLatentsPerSecond(audio.rate);
  const free: [number, number] = [Math.floor((start / rate) * perSecond), Math.ceil((end / rate) * perSecond)];
  const source = { media: rangeOf(sourceOf(job, media), 0, job.frames) };
  const kept = { kind: 'prefix', strength: 1 } as const;
  const sampled = sampledLatents(context, {
    schedule: scheduleOfJob(context, job),
    conditioning: 'hold',
    conditions: [{ ...source, items: [{ item: what === 'audio' ? kept : { kind: 'mask', frames, strength: 1 } }] }],
    sound: { latents: sound.latents, ...(what === 'video' ? {} : { free }) },
  });
  const nodes = [...sound.nodes, ...sampled.nodes];
  if (what !== 'video') return decodedClip(context, { ...sampled, nodes });
  const clip = decodedClip(context, { nodes, latents: sampled.latents });
  const finished = finishedSound(context, sound.audio, sound.sampleRate);
  return { ...clip, nodes: [...clip.nodes, ...finished.nodes], audio: finished.audio, soundRate: sound.sampleRate };
}

/** Sound can be left or made anew only where the model makes some and the video has some. */
function requireWhat(job: ResolvedJob, traits: ModelTraits, media: KnownMedia): void {
  if (job.region === undefined || job.region.what === 'both') return;
  requireSoundModel(job, traits);
  soundOf(job.video ?? '', media);
}
