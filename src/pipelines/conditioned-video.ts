import { AiprodError } from '../errors';
import {
  conditionedTimesteps,
  packLatents,
  perTokenEulerStep,
  scaleNoise,
  type LatentShape,
  type PatchSize,
  type Schedule,
  type Scheduler,
} from '../diffusion';
import { cropVideo, type Video } from '../models';
import { trainTimesteps, type LatentConditioning } from './denoise';
import type { ConditionedStart } from './image-to-video';
import { encodeLatents, type VideoAutoencoder } from './latent-codec';
import type { NoiseSource } from './noise';

const fround = Math.fround;

/** Latent frames at the start of a later video that become key frames; the rest of it is set into the latents themselves. */
const prefixLatentFrames = 2;

/** How near to 1 a strength must be for a token to count as wholly given, and how near noise levels must be to count as equal. */
const tolerance = fround(1e-6);

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
  const latents = given === undefined ? drawn.slice() : scaleNoise(given.latents, given.sigma, drawn);
  const frameStrength = new Float32Array(latentShape[2]);
  const keyframes: TokenGroup[] = [];
  for (const [index, condition] of conditions.entries()) {
    const { frameIndex, strength } = checkedCondition(condition, request);
    const encoded = await encodeLatents(vae, trimmed(condition, request), (count) => noise('posterior', index, count));
    requireSameGrid(encoded, latentShape);
    const set = (video: Video, start: number): void => {
      blendFrames(latents, latentShape, video, start, strength);
      frameStrength.fill(fround(strength), start, start + video.shape[2]);
    };
    if (frameIndex === 0) {
      set(encoded, 0);
      continue;
    }
    const start = Math.floor(frameIndex / request.ratios.temporal) + prefixLatentFrames;
    if (encoded.shape[2] > prefixLatentFrames) set(cropVideo(encoded, { frames: [prefixLatentFrames, encoded.shape[2]] }), start);
    const keyframe = cropVideo(encoded, { frames: [0, prefixLatentFrames] });
    const random = noise('keyframe', index, keyframe.data.length);
    const blended = keyframe.data.map((value, k) => lerp(random[k], value, strength));
    const tokens = packLatents(blended, keyframe.shape, patch);
    const coordinates = gridCoordinates(keyframe.shape, request, frameIndex);
    keyframes.push({ tokens, coordinates, mask: new Float32Array(coordinates[0].length).fill(strength) });
  }
  const coordinates = gridCoordinates(latentShape, request, 0);
  const tokensPerFrame = coordinates[0].length / (latentShape[2] / patch.patch_size_t);
  const mask = coordinates[0].map((_, token) => frameStrength[Math.floor(token / tokensPerFrame) * patch.patch_size_t]);
  const groups = [...keyframes, { tokens: packLatents(latents, latentShape, patch), coordinates, mask }];
  const tokens = concatenate(groups.map((group) => group.tokens));
  const wholeMask = concatenate(groups.map((group) => group.mask));
  return {
    latents: tokens,
    coordinates: concatenate([0, 1, 2].map((axis) => concatenate(groups.map((group) => group.coordinates[axis])))),
    keyframeTokens: wholeMask.length - mask.length,
    conditioning: tokenStrengths(wholeMask, conditions.length === 0 ? undefined : imageNoise(tokens, wholeMask, request)),
  };
}

/** The tokens of the video itself, [1, N, C], out of those that were denoised. */
export function withoutKeyframes(
  latents: Float32Array,
  start: Pick<ConditionedVideoStart, 'keyframeTokens' | 'coordinates'>,
): Float32Array {
  return latents.subarray((latents.length / (start.coordinates.length / 3)) * start.keyframeTokens);
}

/**
 * Tokens that are given to a degree: each stays at noise level `1 - mask` until the schedule has come down to it, then is denoised
 * with the others. Each token steps to the next lower sigma of the schedule.
 *
 * @param mask [N], strengths 0 to 1
 */
export function tokenStrengths(mask: Float32Array, beforeStep?: LatentConditioning['beforeStep']): LatentConditioning {
  return {
    ...(beforeStep === undefined ? {} : { beforeStep }),
    tokenTimesteps: (timestep) => conditionedTimesteps(timestep, mask),
    step(scheduler, { schedule, index, sample, modelOutput }) {
      requireEuler(scheduler, schedule, index);
      const timestep = schedule.timesteps[index];
      const negated = modelOutput.map((value) => -value);
      const stepped = perTokenEulerStep(sample, negated, schedule.sigmas, conditionedTimesteps(timestep, mask), trainTimesteps);
      const level = fround(fround(timestep / trainTimesteps) - tolerance);
      const channels = sample.length / mask.length;
      return { sample: stepped.map((value, k) => (level < fround(1 - mask[Math.floor(k / channels)]) ? value : sample[k])) };
    },
  };
}

/** Puts fresh noise on wholly given tokens before a step: `initial + scale * noise * sigma^2`. */
function imageNoise(initial: Float32Array, mask: Float32Array, request: ConditionedVideoRequest): LatentConditioning['beforeStep'] {
  const scale = fround(request.imageNoiseScale);
  if (!(scale > 0)) return undefined;
  const channels = initial.length / mask.length;
  const threshold = fround(1 - tolerance);
  return (latents, timestep, step) => {
    const sigma = fround(timestep / trainTimesteps);
    const square = fround(sigma * sigma);
    const noise = request.noise('steps', step, latents.length);
    return latents.map((value, k) =>
      mask[Math.floor(k / channels)] > threshold ? initial[k] + fround(fround(scale * noise[k]) * square) : value,
    );
  };
}

/** The step is Euler's for each token: no other solver is defined for tokens of different noise levels. */
function requireEuler(scheduler: Scheduler, schedule: Schedule, index: number): void {
  if (scheduler.className === 'FlowMatchEulerDiscreteScheduler' && !scheduler.needsNoise(schedule, index)) return;
  throw new AiprodError('unsupported-model', 'conditions need a scheduler that steps each token on its own', {
    expected: 'FlowMatchEulerDiscreteScheduler without stochastic_sampling',
    found: scheduler.needsNoise(schedule, index) ? `${scheduler.className} with added noise` : scheduler.className,
  });
}

interface TokenGroup {
  /** [1, N, C] */
  readonly tokens: Float32Array;
  /** Seconds, rows, columns: [N] each. */
  readonly coordinates: readonly [Float32Array, Float32Array, Float32Array];
  /** [N] */
  readonly mask: Float32Array;
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

function requireSameGrid({ shape }: Video, wanted: LatentShape): void {
  if (shape.every((size, axis) => axis === 2 || size === wanted[axis])) return;
  throw new AiprodError('shape-mismatch', 'a condition does not fit the video', {
    expected: `latents of ${wanted[4]} x ${wanted[3]}, ${wanted[1]} channels`,
    found: `latents [${shape.join(', ')}]`,
    hint: 'Resize it to the width and height of the video',
  });
}

/** Blends frames into latents from frame `start` on, in place. */
function blendFrames(latents: Float32Array, shape: LatentShape, video: Video, start: number, strength: number): void {
  const plane = shape[3] * shape[4];
  const length = video.shape[2] * plane;
  for (let channel = 0; channel < shape[1]; channel++) {
    const to = (channel * shape[2] + start) * plane;
    for (let k = 0; k < length; k++) latents[to + k] = lerp(latents[to + k], video.data[channel * length + k], strength);
  }
}

/** From the nearer end, so that weight 1 gives `end` exactly. */
function lerp(start: number, end: number, weight: number): number {
  const w = fround(weight);
  const difference = fround(end - start);
  return w < 0.5 ? start + fround(w * difference) : end - fround(difference * fround(1 - w));
}

/**
 * Seconds, pixel rows and pixel columns of the tokens of latents that begin at a frame. The first latent frame stands for one
 * frame alone, so that the others are earlier by what it is short of.
 */
function gridCoordinates(
  [, , frames, height, width]: LatentShape,
  request: ConditionedVideoRequest,
  frameIndex: number,
): TokenGroup['coordinates'] {
  const { patch, ratios, frameRate } = request;
  const seconds = fround(1 / frameRate);
  const values: [number[], number[], number[]] = [[], [], []];
  for (let frame = 0; frame < frames; frame += patch.patch_size_t) {
    const time = fround((Math.max(0, frame * ratios.temporal + 1 - ratios.temporal) + frameIndex) * seconds);
    for (let row = 0; row < height; row += patch.patch_size) {
      for (let column = 0; column < width; column += patch.patch_size) {
        values[0].push(time);
        values[1].push(row * ratios.spatial);
        values[2].push(column * ratios.spatial);
      }
    }
  }
  return [Float32Array.from(values[0]), Float32Array.from(values[1]), Float32Array.from(values[2])];
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
