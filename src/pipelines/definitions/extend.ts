import { AiprodError } from '../../errors';
import type { Job, KnownMedia, ModelTraits } from '../job';
import { decodingNode } from '../decoding-graph';
import { samplingNodes, scheduleOfJob } from '../pipeline-graph';
import type { NodeSpec, Ref } from '../dag';
import { ref } from '../nodes/video-value';
import type { PipelineDefinition } from './definition';
import { defaultsOfSource, rangeOf, sourceOf, wholeFrames } from './source-video';

/** Latent frames, beyond the first, that new frames follow where the job does not say. */
const usualOverlap = 2;

/**
 * A video made longer at its end or its beginning. The frames at that end are given in place of the first or last latents, the
 * clip around them is made anew, and the rest of the video is joined to it.
 */
export const extend: PipelineDefinition = {
  description: 'a video made longer, forward or backward',
  fields: { video: 'required', extend: 'required' },
  // Lengths that do not fit together are said before the frames that would follow from them.
  defaults(job, traits, media) {
    const { overlap, added } = requireLengths(job, traits, media);
    return { ...defaultsOfSource({ ...job, frames: 1 }, traits, media), frames: overlap + added };
  },
  check(job, traits) {
    if (traits.sound !== true) return;
    throw new AiprodError('unsupported-model', 'a clip with sound is not made longer', {
      where: job.model,
      expected: 'an LTX-Video model',
      found: 'LTX-2, whose sound would break off where the new frames begin',
      hint: 'Use --pipeline keyframes with the last frames of the video as --image',
    });
  },
  graph(context) {
    const { job, media } = context;
    const { width, height, frames } = job;
    const source = sourceOf(job, media);
    const forward = job.extend?.direction === 'forward';
    const overlap = frames - (job.extend?.frames ?? 0);
    const rest = source.frames - overlap;
    const sampled = samplingNodes(context, {
      width,
      height,
      frames,
      schedule: scheduleOfJob(context, job),
      conditioning: 'hold',
      conditions: [
        {
          media: rangeOf(source, forward ? rest : 0, overlap),
          // The single frame that an encoder begins with has no place at the end of a clip.
          items: [forward ? { item: { kind: 'prefix', strength: 1 } } : { item: { kind: 'suffix', strength: 1 }, frames: [1, Infinity] }],
        },
      ],
    });
    const decoded = decodingNode(context, sampled.latents, job);
    const nodes: NodeSpec[] = [...sampled.nodes, decoded.node];
    if (rest === 0) return { nodes, video: decoded.video, latents: sampled.latents };
    const kept = { ...rangeOf(source, forward ? 0 : overlap, rest), width, height };
    nodes.push({ name: 'load-rest', kind: 'load-media', inputs: {}, settings: kept, placement: 'cpu' });
    const parts: Ref[] = [ref('load-rest', 'video'), decoded.video];
    nodes.push({
      name: 'join',
      kind: 'join-videos',
      inputs: { videos: forward ? parts : parts.reverse() },
      settings: {},
      placement: 'cpu',
    });
    return { nodes, video: ref('join', 'video'), latents: sampled.latents };
  },
};

/** Frames that are followed and frames that are added. */
function requireLengths(job: Job, traits: ModelTraits, media: KnownMedia): { readonly overlap: number; readonly added: number } {
  const usual = Math.min(wholeFrames(sourceOf(job, media).frames, traits), usualOverlap * traits.frameMultiple + 1);
  const overlap = job.extend?.overlap ?? usual;
  const added = job.extend?.frames ?? 0;
  const step = traits.frameMultiple;
  if (added % step !== 0) {
    throw new AiprodError('bad-usage', 'the model cannot add that number of frames', {
      expected: `a multiple of ${step}`,
      found: String(added),
      hint: `Use --extend ${Math.max(step, Math.round(added / step) * step)}`,
    });
  }
  const source = sourceOf(job, media);
  const smallest = step + 1;
  const largest = wholeFrames(source.frames, traits);
  if (overlap >= smallest && overlap <= largest && (overlap - 1) % step === 0) return { overlap, added };
  throw new AiprodError('bad-usage', 'new frames cannot be made to follow that number of frames', {
    where: source.file,
    expected: largest < smallest ? `a video of at least ${smallest} frames` : `${step} x n + 1, from ${smallest} to ${largest}`,
    found: largest < smallest ? `${source.frames}` : `${overlap}`,
    ...(largest < smallest ? {} : { hint: `Use --overlap ${Math.min(largest, Math.max(smallest, wholeFrames(overlap, traits)))}` }),
  });
}
