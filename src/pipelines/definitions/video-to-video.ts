import { AiprodError } from '../../errors';
import { scheduleFrom, startStep } from '../../diffusion';
import { decodingNode, finishedSound } from '../decoding-graph';
import { encodingNodes, samplingNodes, scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { soundOf, sourceSound } from './source-sound';
import { defaultsOfSource, rangeOf, requireSourceFrames, sourceOf } from './source-video';

/** How much is made anew where the job does not say. */
const usualStrength = 0.7;

/** A video made again after a prompt: noised to the middle of the schedule, then denoised from there. */
export const videoToVideo: PipelineDefinition = {
  description: 'a video made again after a prompt, near to it or far from it',
  fields: { video: 'required', strength: 'optional' },
  defaults: (job, traits, media) => ({ ...defaultsOfSource(job, traits, media), strength: usualStrength }),
  check(job, traits, media) {
    requireSourceFrames(job, traits, media);
    // A model of picture and sound hears what it makes again: noise beside a picture that is almost clear is nothing it knows.
    if (traits.sound === true) soundOf(job.video ?? '', media);
    const strength = job.strength ?? usualStrength;
    if (Math.floor(job.steps * strength) >= 1) return;
    throw new AiprodError('bad-usage', 'the strength is so low that no step is done', {
      expected: `at least ${1 / job.steps} with ${job.steps} steps`,
      found: String(strength),
      hint: `Use --strength ${Math.ceil(100 / job.steps) / 100}, or more --steps`,
    });
  },
  graph(context) {
    const { job, media } = context;
    const { width, height, frames } = job;
    const source = encodingNodes(context, '-video', 0, { ...rangeOf(sourceOf(job, media), 0, frames), width, height });
    const whole = scheduleOfJob(context, job);
    const schedule = scheduleFrom(whole, startStep(whole.timesteps.length, job.strength ?? usualStrength));
    // What is heard stays as it is.
    const sound = job.video === undefined ? undefined : sourceSound(context, job.video);
    const held = sound === undefined ? {} : { sound: { latents: sound.latents } };
    const sampled = samplingNodes(context, { width, height, frames, schedule, conditioning: 'none', refine: source.latents, ...held });
    const decoded = decodingNode(context, sampled.latents, job);
    const nodes = [...source.nodes, ...(sound?.nodes ?? []), ...sampled.nodes, decoded.node];
    const clip = { nodes, video: decoded.video, latents: sampled.latents };
    if (sound === undefined) return clip;
    const finished = finishedSound(context, sound.audio, sound.sampleRate);
    return { ...clip, nodes: [...nodes, ...finished.nodes], audio: finished.audio, soundRate: sound.sampleRate };
  },
};
