import { AiprodError } from '../../errors';
import { parseFrameRate } from '../../media';
import { framesPerSecond, type Job, type KnownMedia, type ModelTraits } from '../job';
import { decodedClip, finishedSound } from '../decoding-graph';
import { scheduleOfJob, type GraphContext } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { keyframeSampling, requireFrames } from './keyframes';
import { requireSoundModel, soundOf, sourceSound } from './source-sound';
import { requireStages, stagedLatents, type StageSize } from './stages';

/**
 * A clip made for a sound of a person's own, which stays as it is and is heard with it (LTX-2). Pictures may be given at any frames.
 */
export const audioToVideo: PipelineDefinition = {
  description: 'a clip for a sound of one’s own, which is heard with it',
  fields: {
    audio: 'required',
    conditions: 'optional',
    imageCrf: 'optional',
    imageNoiseScale: 'optional',
    upsampler: 'optional',
    refine: 'optional',
  },
  defaults: (job, traits, media) => (job.frames === undefined ? { frames: framesOfSound(job, traits, media) } : {}),
  check(job, traits, media) {
    requireSoundModel(job, traits);
    requireFrames(job);
    requireStages(job, traits, media);
    const { file = '', start = 0 } = job.audio ?? {};
    const { seconds } = soundOf(file, media);
    if (start < seconds) return;
    throw new AiprodError('bad-usage', 'the sound is over before the clip begins', {
      where: file,
      expected: `a start before ${seconds.toFixed(2)} seconds`,
      found: `${start}`,
    });
  },
  graph(context) {
    const { audio } = context.job;
    const sound = audio === undefined ? undefined : sourceSound(context, audio.file, audio.start);
    if (sound === undefined) throw new AiprodError('internal', 'the sound of the job is not known');
    const held = { sound: { latents: sound.latents } };
    const sampled = stagedLatents(context, (size) => ({ ...samplingOf(context, size), ...held }));
    const { audio: _, ...clip } = decodedClip(context, { nodes: [...sound.nodes, ...sampled.nodes], latents: sampled.latents });
    const finished = finishedSound(context, sound.audio, sound.sampleRate);
    return { ...clip, nodes: [...clip.nodes, ...finished.nodes], audio: finished.audio, soundRate: sound.sampleRate };
  },
};

function samplingOf(context: GraphContext, size: StageSize) {
  if (context.job.conditions.length > 0) return keyframeSampling(context, size);
  return { schedule: scheduleOfJob(context, size), conditioning: 'none' as const };
}

/** As many frames as the sound lasts, up to what is usual for the model; at least one second's worth of them is made. */
function framesOfSound(job: Job, { frameMultiple, defaults }: ModelTraits, media: KnownMedia): number {
  const { file = '', start = 0 } = job.audio ?? {};
  const seconds = Math.max(0, soundOf(file, media).seconds - start);
  const rate = framesPerSecond(parseFrameRate(job.frameRate ?? defaults.frameRate));
  const frames = Math.floor((seconds * rate - 1) / frameMultiple) * frameMultiple + 1;
  return Math.min(Math.max(frames, frameMultiple + 1), 4097);
}
