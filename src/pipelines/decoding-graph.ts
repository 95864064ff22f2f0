import type { AudioLatentShape } from '../diffusion';
import type { NodeSpec, Ref } from './dag';
import { ref } from './nodes/video-value';
import {
  audioShapeOf,
  latentShapeOf,
  sampledLatents,
  type ClipGraph,
  type GraphContext,
  type SampledLatents,
  type SamplingRequest,
} from './pipeline-graph';

/** Latents to pixels. */
export function decodingNode(
  context: GraphContext,
  latents: Ref,
  size: { readonly width: number; readonly height: number; readonly frames: number },
  decoding = context.decode,
): { readonly node: NodeSpec; readonly video: Ref } {
  const { seed, tiling } = context.job;
  const settings = { seed, shape: [...latentShapeOf(context, size)], ...decoding, tiling, model: context.identity.vae };
  return {
    node: { name: 'decode', kind: 'decode', inputs: { latents }, settings, placement: 'gpu' },
    video: ref('decode', 'video'),
  };
}

/** Audio latents to sound as the model makes it; undefined for a model that makes none. */
export function soundDecodingNode(
  { audio, job, identity }: GraphContext,
  latents: Ref,
  shape?: AudioLatentShape,
): { readonly node: NodeSpec; readonly audio: Ref; readonly sampleRate: number } | undefined {
  if (audio === undefined) return undefined;
  const settings = { shape: [...(shape ?? audioShapeOf(audio, job))], model: identity.audio };
  return {
    node: { name: 'decode-audio', kind: 'decode-audio', inputs: { latents }, settings, placement: 'gpu' },
    audio: ref('decode-audio', 'audio'),
    sampleRate: audio.sampleRate,
  };
}

/** Audio latents to sound, turned to the job's loudness; nothing where there are none. */
export function audioDecoding(
  context: GraphContext,
  latents: Ref | undefined,
  { shape, seconds }: { readonly shape?: AudioLatentShape; readonly seconds?: number } = {},
): { readonly nodes: readonly NodeSpec[]; readonly audio?: Ref } {
  const decoded = latents === undefined ? undefined : soundDecodingNode(context, latents, shape);
  if (decoded === undefined) return { nodes: [] };
  const finished = finishedSound(context, decoded.audio, decoded.sampleRate, seconds);
  return { nodes: [decoded.node, ...finished.nodes], audio: finished.audio };
}

/** A sound of so many seconds, turned to the job's loudness; as it is where neither is asked for. */
export function finishedSound(
  { job }: GraphContext,
  audio: Ref,
  sampleRate: number,
  seconds?: number,
): { readonly nodes: readonly NodeSpec[]; readonly audio: Ref } {
  if (job.loudness === undefined && seconds === undefined) return { nodes: [], audio };
  const settings = {
    sampleRate,
    ...(seconds === undefined ? {} : { seconds }),
    ...(job.loudness === undefined ? {} : { loudness: job.loudness }),
  };
  return {
    nodes: [{ name: 'finish-sound', kind: 'finish-sound', inputs: { audio }, settings, placement: 'cpu' }],
    audio: ref('finish-sound', 'audio'),
  };
}

/** A clip of latents that were sampled: its picture, and its sound where it has some. */
export function decodedClip(context: GraphContext, sampled: SampledLatents): ClipGraph {
  const decoded = decodingNode(context, sampled.latents, context.job);
  const { nodes, audio } = audioDecoding(context, sampled.audio);
  return {
    nodes: [...sampled.nodes, ...nodes, decoded.node],
    video: decoded.video,
    latents: sampled.latents,
    ...(audio === undefined ? {} : { audio }),
  };
}

/** A clip that is sampled once and decoded. */
export function sampledClip(context: GraphContext, request: Omit<SamplingRequest, 'width' | 'height' | 'frames'>): ClipGraph {
  return decodedClip(context, sampledLatents(context, request));
}
