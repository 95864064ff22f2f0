import { AiprodError } from '../errors';
import {
  coordinateTensor,
  imageConditioningNoise,
  placeConditions,
  requireSameGrid,
  scaleNoise,
  tokenStrengths,
  type LatentShape,
  type PatchSize,
  type PlacedItem,
} from '../diffusion';
import { cropVideo, type Video } from '../models';
import type { ConditionedStart } from './image-to-video';
import { encodeLatents, type VideoAutoencoder } from './latent-codec';
import type { NoiseSource } from './noise';

export { tokenStrengths } from '../diffusion';

/** Latent frames at the start of a later video that become key frames; the rest of it is set into the latents themselves. */
const prefixLatentFrames = 2;

/** An image or a video that a part of the result is to follow. */
export interface VideoCondition {
  /** Pixels [1, 3, F, H, W], -1 to 1, of the result's height and width; one frame for an image. Longer videos are cut to fit. */
  readonly video: Video;
  /** Frame of the result that its first frame is for, from 0. */
  readonly frameIndex: number;
  /** 0 (ignored) to 1 (kept as it is). */
  readonly strength: number;
}

export interface ConditionedVideoRequest {
  readonly vae: VideoAutoencoder;
  readonly conditions: readonly VideoCondition[];
  /** Of the video's latents. */
  readonly latentShape: LatentShape;
  /** Pixels a side and frames of one latent pixel. */
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  readonly patch: PatchSize;
  /** Frames a second. */
  readonly frameRate: number;
  /** Latents [1, C, F, H, W] to refine, in the model's units, and the noise level that denoising begins at. */
  readonly given?: { readonly latents: Float32Array; readonly sigma: number };
  /** Fresh noise on wholly given tokens before each step, times the squared noise level: livelier motion. 0.15 in the reference. */
  readonly imageNoiseScale: number;
  readonly noise: NoiseSource;
}

export interface ConditionedVideoStart extends ConditionedStart {
  /** Seconds, pixel rows and pixel columns of each token, [1, 3, N]. */
  readonly coordinates: Float32Array;
  /** Tokens in front that hold key frames and are no part of the video. */
  readonly keyframeTokens: number;
}

/**
 * Sets conditions among noise (`LTXConditionPipeline`). What is given for frame 0 is blended into the latents; what is given for
 * a later frame becomes extra tokens in front, at the coordinates of that frame.
 *
 * @throws AiprodError `bad-usage` for a frame or strength out of range, `shape-mismatch` for pixels of another size.
 */
export async function conditionedVideoStart(request: ConditionedVideoRequest): Promise<ConditionedVideoStart> {
  const { latentShape, patch, noise, given, conditions, vae } = request;
  const drawn = noise(
    'latents',
    0,
    latentShape.reduce((product, size) => product * size, 1),
  );
  const start = given === undefined ? drawn : scaleNoise(given.latents, given.sigma, drawn);
  const items: PlacedItem[] = [];
  for (const [index, condition] of conditions.entries()) {
    const { frameIndex, strength } = checkedCondition(condition, request);
    const encoded = await encodeLatents(vae, trimmed(condition, request), (count) => noise('posterior', index, count));
    requireSameGrid(encoded.shape, latentShape);
    if (frameIndex === 0) {
      items.push({ item: { kind: 'latent', latentFrame: 0, strength }, latents: encoded });
      continue;
    }
    const latentFrame = Math.floor(frameIndex / request.ratios.temporal) + prefixLatentFrames;
    if (encoded.shape[2] > prefixLatentFrames) {
      const rest = cropVideo(encoded, { frames: [prefixLatentFrames, encoded.shape[2]] });
      items.push({ item: { kind: 'latent', latentFrame, strength }, latents: rest });
    }
    const keyframe = cropVideo(encoded, { frames: [0, prefixLatentFrames] });
    const random = noise('keyframe', index, keyframe.data.length);
    items.push({ item: { kind: 'keyframe', frame: frameIndex, strength }, latents: keyframe, noise: random });
  }
  const { ratios, frameRate } = request;
  const sequence = placeConditions({
    start: { shape: latentShape, data: start },
    items,
    grid: { patch, ratios, frameRate },
    extraTokens: 'front',
    causalKeyframes: true,
  });
  const { tokens, strengths } = sequence;
  const imageNoise = imageConditioningNoise(tokens, strengths, request.imageNoiseScale, (step, count) => noise('steps', step, count));
  return {
    latents: tokens,
    coordinates: coordinateTensor(sequence.coordinates),
    keyframeTokens: sequence.videoStart,
    conditioning: tokenStrengths(strengths, conditions.length === 0 ? undefined : imageNoise),
  };
}

/** The tokens of the video itself, [1, N, C], out of those that were denoised. */
export function withoutKeyframes(
  latents: Float32Array,
  start: Pick<ConditionedVideoStart, 'keyframeTokens' | 'coordinates'>,
): Float32Array {
  return latents.subarray((latents.length / (start.coordinates.length / 3)) * start.keyframeTokens);
}

function pixelFrames({ latentShape, ratios }: ConditionedVideoRequest): number {
  return (latentShape[2] - 1) * ratios.temporal + 1;
}

function checkedCondition(condition: VideoCondition, request: ConditionedVideoRequest): VideoCondition {
  const { frameIndex, strength } = condition;
  const frames = pixelFrames(request);
  if (!Number.isInteger(frameIndex) || frameIndex < 0 || frameIndex >= frames) {
    throw new AiprodError('bad-usage', 'the video has no such frame to set a condition at', {
      expected: `a whole number from 0 to ${frames - 1}`,
      found: String(frameIndex),
    });
  }
  if (!(strength >= 0 && strength <= 1)) {
    throw new AiprodError('bad-usage', 'the strength of a condition is out of range', {
      expected: 'a number from 0 to 1',
      found: String(strength),
    });
  }
  return condition;
}

/** Cut to the end of the result, and to a length that encodes to whole latent frames. */
function trimmed({ video, frameIndex }: VideoCondition, request: ConditionedVideoRequest): Video {
  const { temporal } = request.ratios;
  const available = Math.min(video.shape[2], pixelFrames(request) - frameIndex);
  const frames = Math.floor((available - 1) / temporal) * temporal + 1;
  return frames === video.shape[2] ? video : cropVideo(video, { frames: [0, frames] });
}
