import { AiprodError } from '../../errors';
import { audioLatentsPerSecond } from '../../diffusion';
import { audioGuidanceOf } from '../guidance-of';
import { framesPerSecond, type ResolvedJob } from '../job';
import { audioDecoding } from '../decoding-graph';
import { scheduleOfJob, soundSamplingNodes } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { requireSoundModel } from './source-sound';

/** A sound from a prompt, without a picture (LTX-2). */
export const textToAudio: PipelineDefinition = {
  description: 'a sound from a prompt, without a picture',
  fields: { seconds: 'optional' },
  check: requireSoundModel,
  graph(context) {
    const { audio, job, guidanceSpace } = context;
    if (audio === undefined) throw new AiprodError('internal', 'the model makes no sound');
    const seconds = secondsOf(job);
    // A decoded sound is three spectrogram frames short of its latents: so many more are made, and what is over is cut off.
    const missing = (3 * audio.rate.hopLength) / audio.rate.sampleRate;
    const frames = Math.ceil((seconds + missing) * audioLatentsPerSecond(audio.rate));
    const shape = [1, audio.channels, frames, audio.bins] as const;
    // Without a picture there is nothing to be drawn towards.
    const { space, terms } = audioGuidanceOf(job, guidanceSpace);
    const sampled = soundSamplingNodes(context, {
      shape,
      schedule: scheduleOfJob(context, { width: job.width, height: job.height, frames: job.frames }),
      guidance: { space, terms: terms.filter(({ kind }) => kind !== 'modality') },
    });
    const { nodes, audio: sound } = audioDecoding(context, sampled.audio, { shape, seconds });
    if (sound === undefined) throw new AiprodError('internal', 'no sound was decoded');
    return { nodes: [...sampled.nodes, ...nodes], audio: sound };
  },
};

/** How long the sound is. */
function secondsOf({ seconds, frames, frameRate }: ResolvedJob): number {
  return seconds ?? frames / framesPerSecond(frameRate);
}
