import { AiprodError } from '../../errors';
import { audioLatentsPerSecond } from '../../diffusion';
import { framesPerSecond, type Job, type KnownMedia, type ModelTraits } from '../job';
import { decodingNode, finishedSound, soundDecodingNode } from '../decoding-graph';
import { audioShapeOf, samplingNodes, scheduleOfJob, type ClipGraph, type GraphContext, type SamplingRequest } from '../pipeline-graph';
import type { NodeSpec, Ref } from '../dag';
import { ref } from '../nodes/video-value';
import type { PipelineDefinition } from './definition';
import { sourceSound, soundOf, type SourceSound } from './source-sound';
import { defaultsOfSource, rangeOf, sourceOf, wholeFrames } from './source-video';

/** Latent frames, beyond the first, that new frames follow where the job does not say. */
const usualOverlap = 2;

/**
 * A video made longer at its end or its beginning. The frames at that end are given in place of the first or last latents, the
 * clip around them is made anew, and the rest of the video is joined to it. So is its sound, where the model makes some: its latents are
 * held as far as the given frames last, and the file's own sound is heard as far as it goes. A video without sound gets none.
 */
export const extend: PipelineDefinition = {
  description: 'a video made longer, forward or backward',
  fields: { video: 'required', extend: 'required' },
  // Lengths that do not fit together are said before the frames that would follow from them.
  defaults(job, traits, media) {
    const { overlap, added } = requireLengths(job, traits, media);
    return { ...defaultsOfSource({ ...job, frames: 1 }, traits, media), frames: overlap + added };
  },
  graph(context) {
    const { job, media } = context;
    const { width, height, frames } = job;
    const source = sourceOf(job, media);
    const parts = partsOf(context);
    const { forward, overlap, rest } = parts;
    const sound = sourceSound(context, source.file, parts.soundStart);
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
      ...(sound === undefined ? {} : { sound: heldSound(context, sound, parts) }),
    });
    const decoded = decodingNode(context, sampled.latents, job);
    const nodes: NodeSpec[] = [...(sound?.nodes ?? []), ...sampled.nodes, decoded.node];
    const heard = sound === undefined || sampled.audio === undefined ? { nodes: [] } : joinedSound(context, sampled.audio, parts);
    if (rest === 0) return { ...heard, nodes: [...nodes, ...heard.nodes], video: decoded.video, latents: sampled.latents };
    const kept = { ...rangeOf(source, forward ? 0 : overlap, rest), width, height };
    nodes.push({ name: 'load-rest', kind: 'load-media', inputs: {}, settings: kept, placement: 'cpu' });
    const videos: Ref[] = [ref('load-rest', 'video'), decoded.video];
    nodes.push({
      name: 'join',
      kind: 'join-videos',
      inputs: { videos: forward ? videos : videos.reverse() },
      settings: {},
      placement: 'cpu',
    });
    return { ...heard, nodes: [...nodes, ...heard.nodes], video: ref('join', 'video'), latents: sampled.latents };
  },
};

/** How a clip lies on the video that it makes longer. */
interface ExtendedParts {
  readonly forward: boolean;
  /** Frames that are added, followed, and left out of the clip. */
  readonly added: number;
  readonly overlap: number;
  readonly rest: number;
  /** Seconds of the file before the clip begins; below 0 where the clip begins before it. */
  readonly soundStart: number;
  /** Seconds of the whole before the later of both begins. */
  readonly at: number;
}

function partsOf({ job, media }: GraphContext): ExtendedParts {
  const added = job.extend?.frames ?? 0;
  const overlap = job.frames - added;
  const rest = sourceOf(job, media).frames - overlap;
  const forward = job.extend?.direction === 'forward';
  const at = (forward ? rest : added) / framesPerSecond(job.frameRate);
  return { forward, added, overlap, rest, soundStart: forward ? at : -at, at };
}

/** Audio latents that lie wholly within the given frames stay: what a latent is made of begins before it and reaches into the next. */
function heldSound(context: GraphContext, { latents }: SourceSound, { forward, added, overlap }: ExtendedParts): SamplingRequest['sound'] {
  const { audio, job } = context;
  if (audio === undefined) return undefined;
  const perFrame = audioLatentsPerSecond(audio.rate) / framesPerSecond(job.frameRate);
  const all = audioShapeOf(audio, job)[2];
  return { latents, free: forward ? [Math.floor(overlap * perFrame), all] : [0, Math.min(all, Math.ceil(added * perFrame) + 1)] };
}

/** The sound of the file as far as it goes, then (or before it) what was made. */
function joinedSound(
  context: GraphContext,
  latents: Ref,
  { forward, added, at }: ExtendedParts,
): Pick<ClipGraph, 'nodes' | 'audio' | 'soundRate'> {
  const { job, media } = context;
  const source = sourceOf(job, media);
  const { sampleRate } = soundOf(source.file, media);
  const decoded = soundDecodingNode(context, latents);
  if (decoded === undefined) return { nodes: [] };
  const rate = framesPerSecond(job.frameRate);
  const { file, fingerprint } = source;
  const kept = { file, fingerprint, start: 0, seconds: source.frames / rate, sampleRate };
  const joined: NodeSpec = {
    name: 'join-sounds',
    kind: 'join-sounds',
    inputs: { kept: ref('load-kept-sound', 'audio'), made: decoded.audio },
    settings: {
      sampleRate,
      madeRate: decoded.sampleRate,
      madeSeconds: job.frames / rate,
      direction: forward ? 'forward' : 'backward',
      at,
      seconds: (source.frames + added) / rate,
    },
    placement: 'cpu',
  };
  const finished = finishedSound(context, ref('join-sounds', 'audio'), sampleRate);
  return {
    nodes: [
      { name: 'load-kept-sound', kind: 'load-sound', inputs: {}, settings: kept, placement: 'cpu' },
      decoded.node,
      joined,
      ...finished.nodes,
    ],
    audio: finished.audio,
    soundRate: sampleRate,
  };
}

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
