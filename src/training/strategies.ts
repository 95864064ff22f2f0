import { AiprodError } from '../errors';
import type { TrainingSample } from '../data';
import {
  coordinateTensor,
  gridBounds,
  gridCoordinates,
  joinedBounds,
  packLatents,
  type LatentShape,
  type PatchSize,
  type TokenCoordinates,
} from '../diffusion';
import type { HostTensor } from '../graph';
import { drawNormal, drawUniform, type DrawKey } from './random-draws';
import { sampleTimesteps, type TimestepSampler } from './timestep-sampling';

/** What of a clip is given, not made; drawn for each sample with its probability (default 1), a reference for the whole batch. */
export type TrainingCondition = { readonly probability?: number } & (
  | { readonly type: 'first_frame' }
  /** The first, or the last, latent frames. */
  | { readonly type: 'prefix' | 'suffix'; readonly frames: number }
  /** A rectangle in pixels, in every frame. */
  | { readonly type: 'spatial_crop'; readonly region: readonly [top: number, left: number, bottom: number, right: number] }
  /** What is more than 0.5 in the sample's `video_masks` [F, H, W], as in LTX-2's trainer; the rest is made. */
  | { readonly type: 'mask' }
  /** The sample's `reference_latents` [C, F, H, W] as further tokens (IC-LoRA), which may be smaller by a whole factor. */
  | { readonly type: 'reference' }
);

/** What of a sound is given, not made; drawn for each sample with its probability (default 1). */
export type SoundCondition = { readonly probability?: number } & (
  | { readonly type: 'prefix' | 'suffix'; /** The first, or the last, latents. */ readonly frames: number }
  /** What is more than 0.5 in the sample's `audio_masks` [T]; the rest is made. */
  | { readonly type: 'mask' }
);

/**
 * What becomes of the picture or of the sound: `generated` is noised and learned, `given` is shown as it is, at noise level 0, for the other to be made
 * by, and of `none` nothing is shown.
 */
export type StreamPart = 'generated' | 'given' | 'none';

/** How samples become what is learned; the strategies of LTX-2's trainer, and image to video. Latents are the clip's, text always conditions. */
export type TrainingStrategy = {
  /** Probability that a sample's caption is left out. Default 0. */
  readonly captionDropout?: number;
  /** Default generated. */
  readonly video?: StreamPart;
  /** Of models of picture and sound. Default none. */
  readonly audio?: StreamPart;
} & (
  | { readonly name: 'text_to_video'; /** Default 0. */ readonly firstFrameProbability?: number }
  | { readonly name: 'image_to_video'; /** Default 1. */ readonly firstFrameProbability?: number }
  | { readonly name: 'video_to_video'; /** Default 0. */ readonly firstFrameProbability?: number }
  | {
      readonly name: 'flexible';
      readonly conditions: readonly TrainingCondition[];
      /** Of a sound that is generated. Default none. */
      readonly audioConditions?: readonly SoundCondition[];
    }
);

/** What tokens of a model stand for. */
export interface StrategyModel {
  readonly patch: PatchSize;
  /** Pixels a side, and frames, of one latent pixel. */
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  /** Frames a second of samples that do not say. */
  readonly frameRate: number;
}

/** A batch as tokens: N of the clip, in the order frame, row, column, then those of a reference. */
export interface StrategyInputs {
  readonly tokens: number;
  /** [B, N, D]: noise and clip mixed by the noise level; what is given, as it is. */
  readonly noisy: Float32Array;
  /** [B]: noise level of each sample, 0 to 1; 0 where all of it is given. */
  readonly levels: Float32Array;
  /** [B, N]: noise level of each token, 0 to 1; 0 where it is given. */
  readonly sigmas: Float32Array;
  /** [B, N, D]: the velocity to predict, noise - clip; 0 for a reference. */
  readonly target: Float32Array;
  /** [B, N, 1]: 1 where a token counts for the loss, else 0. */
  readonly lossWeight: Float32Array;
  /** [1, 3, N]: seconds, pixel rows and pixel columns, as `TransformerGraphOptions.positions` takes them. */
  readonly coordinates: Float32Array;
  /** [3, N, 2]: where each token begins and ends, in the same units, as LTX-2 takes them. */
  readonly bounds: Float32Array;
  /** For each sample, whether its caption is to be left out. */
  readonly captionDropped: readonly boolean[];
}

export interface StrategyRequest {
  readonly strategy: TrainingStrategy;
  readonly sampler: TimestepSampler;
  readonly model: StrategyModel;
  readonly key: DrawKey;
}

/** The conditions that a strategy means; only of a picture that is made something is given. */
export function conditionsOf(strategy: TrainingStrategy): readonly TrainingCondition[] {
  if ((strategy.video ?? 'generated') !== 'generated') return [];
  switch (strategy.name) {
    case 'text_to_video':
      return [{ type: 'first_frame', probability: strategy.firstFrameProbability ?? 0 }];
    case 'image_to_video':
      return [{ type: 'first_frame', probability: strategy.firstFrameProbability ?? 1 }];
    case 'video_to_video':
      return [{ type: 'first_frame', probability: strategy.firstFrameProbability ?? 0 }, { type: 'reference' }];
    case 'flexible':
      return strategy.conditions;
  }
}

/** The conditions of the sound that a strategy means; only of a sound that is made something is given. */
export function soundConditionsOf(strategy: TrainingStrategy): readonly SoundCondition[] {
  if (strategy.name !== 'flexible' || strategy.audio !== 'generated') return [];
  return (strategy.audioConditions ?? []).filter(({ probability = 1 }) => probability > 0);
}

/** Whether some tokens may be given: then each has a timestep of its own. */
export function givesTokens(strategy: TrainingStrategy): boolean {
  return conditionsOf(strategy).some(({ probability = 1 }) => probability > 0);
}

/** Whether conditions of a type may be drawn: then every sample has to have what they need. */
export function needsCondition(strategy: TrainingStrategy, type: TrainingCondition['type']): boolean {
  return conditionsOf(strategy).some((condition) => condition.type === type && (condition.probability ?? 1) > 0);
}

/**
 * Samples of one bucket as what the model reads and what it shall predict: a pure function of them and of the key.
 * Of a sample that its conditions would give whole, so that nothing were left to be learned, none is given.
 * @throws AiprodError 'bad-input' when a sample lacks what a condition needs, or latents differ in shape.
 */
export function strategyInputs(samples: readonly TrainingSample[], { strategy, sampler, model, key }: StrategyRequest): StrategyInputs {
  const conditions = conditionsOf(strategy);
  const batch = samples.length;
  const shape = latentShape(samples, 'latents');
  const clean = samples.map((sample) => packed(sample, 'latents', shape, model.patch));
  const fps = samples[0].fps ?? model.frameRate;
  const grid = { patch: model.patch, ratios: model.ratios, frameRate: fps };
  const coordinates = gridCoordinates(shape, grid);
  const isGiven = strategy.video === 'given';
  const own = coordinates[0].length;
  const features = clean[0].length / own;
  const noise = drawNormal(key, 'noise', batch * own * features);
  const levels = isGiven ? new Float32Array(batch) : sampleTimesteps(sampler, batch, own, key);
  const held = samples.map(() => new Uint8Array(own));
  const draws = drawUniform(key, 'condition', conditions.length * (batch + 1));
  const references: ReferenceTokens[] = [];
  conditions.forEach((condition, c) => {
    const drawn = (k: number): boolean => draws[c * (batch + 1) + k] < (condition.probability ?? 1);
    if (condition.type === 'reference') {
      // The tokens of a program are as many for each sample.
      if (drawn(batch)) references.push(referenceTokens(samples, shape, grid));
      return;
    }
    samples.forEach((sample, k) => {
      if (drawn(k)) markGiven(held[k], condition, sample, shape, model);
    });
  });
  for (const tokens of held) if (!tokens.includes(0)) tokens.fill(0);
  const tokens = own + references.reduce((sum, reference) => sum + reference.coordinates[0].length, 0);
  const result = {
    noisy: new Float32Array(batch * tokens * features),
    target: new Float32Array(batch * tokens * features),
    sigmas: new Float32Array(batch * tokens),
    lossWeight: new Float32Array(batch * tokens),
  };
  for (let b = 0; b < batch; b++) {
    for (let token = 0; token < own; token++) {
      const free = held[b][token] === 0;
      const sigma = free ? levels[b] : 0;
      result.sigmas[b * tokens + token] = sigma;
      result.lossWeight[b * tokens + token] = free ? 1 : 0;
      for (let k = 0; k < features; k++) {
        const [value, random] = [clean[b][token * features + k], noise[(b * own + token) * features + k]];
        const to = (b * tokens + token) * features + k;
        result.noisy[to] = (1 - sigma) * value + sigma * random;
        result.target[to] = random - value;
      }
    }
    let at = (b * tokens + own) * features;
    for (const reference of references) {
      result.noisy.set(reference.tokens[b], at);
      at += reference.tokens[b].length;
    }
  }
  return {
    ...result,
    levels,
    tokens,
    coordinates: coordinateTensor(joinedCoordinates([coordinates, ...references.map((reference) => reference.coordinates)])),
    bounds: joinedBounds([{ bounds: gridBounds(shape, grid) }, ...references]),
    captionDropped: captionsDropped(samples, strategy, key),
  };
}

/** For each sample, whether its caption is to be left out. */
export function captionsDropped(samples: readonly TrainingSample[], { captionDropout = 0 }: TrainingStrategy, key: DrawKey): boolean[] {
  return Array.from(drawUniform(key, 'captionDropout', samples.length), (draw) => draw < captionDropout);
}

/** Marks the tokens that a condition gives. */
function markGiven(
  held: Uint8Array,
  condition: Exclude<TrainingCondition, { type: 'reference' }>,
  sample: TrainingSample,
  [, , frames, height, width]: LatentShape,
  { patch: { patch_size: p, patch_size_t: pt }, ratios }: StrategyModel,
): void {
  const mask = condition.type === 'mask' ? tensorOf(sample, 'video_masks').data : undefined;
  if (mask !== undefined && mask.length !== frames * height * width) {
    throw refusal(sample, `video_masks of ${frames} x ${height} x ${width}`, `${mask.length} values`);
  }
  const gives = (frame: number, row: number, column: number): boolean => {
    switch (condition.type) {
      case 'first_frame':
        return frame === 0;
      case 'prefix':
        return frame < condition.frames;
      case 'suffix':
        return frame >= frames - condition.frames;
      case 'spatial_crop': {
        const [top, left, bottom, right] = condition.region.map((edge) => Math.floor(edge / ratios.spatial));
        return row >= top && row < bottom && column >= left && column < right;
      }
      case 'mask':
        return (mask?.[(frame * height + row) * width + column] ?? 0) > 0.5;
    }
  };
  let token = 0;
  for (let frame = 0; frame < frames; frame += pt) {
    for (let row = 0; row < height; row += p) {
      for (let column = 0; column < width; column += p, token++) if (gives(frame, row, column)) held[token] = 1;
    }
  }
}

interface ReferenceTokens {
  /** Of each sample. */
  readonly tokens: readonly Float32Array[];
  readonly coordinates: TokenCoordinates;
  readonly bounds: Float32Array;
}

/** References as tokens whose places are those of the clip, scaled by how much smaller they are. */
function referenceTokens(
  samples: readonly TrainingSample[],
  clip: LatentShape,
  grid: Parameters<typeof gridCoordinates>[1],
): ReferenceTokens {
  const shape = latentShape(samples, 'reference_latents');
  const downscaleFactor = downscaleOf(samples[0], clip, shape);
  return {
    tokens: samples.map((sample) => packed(sample, 'reference_latents', shape, grid.patch)),
    coordinates: gridCoordinates(shape, grid, { downscaleFactor }),
    bounds: gridBounds(shape, grid, { downscaleFactor }),
  };
}

/** By how much a sample's reference is smaller than its clip, 1 or more. @throws AiprodError 'bad-input' when it is by no whole factor. */
export function referenceDownscale(sample: TrainingSample): number {
  return downscaleOf(sample, latentShape([sample], 'latents'), latentShape([sample], 'reference_latents'));
}

function downscaleOf(sample: TrainingSample, clip: LatentShape, reference: LatentShape): number {
  const factor = clip[3] / reference[3];
  if (Number.isInteger(factor) && clip[4] / reference[4] === factor && reference[1] === clip[1]) return factor;
  const expected = `reference_latents smaller than ${clip.slice(1).join(' x ')} by one whole factor`;
  throw refusal(sample, expected, reference.slice(1).join(' x '));
}

function joinedCoordinates(parts: readonly TokenCoordinates[]): TokenCoordinates {
  const axis = (k: 0 | 1 | 2): Float32Array => Float32Array.from(parts.flatMap((part) => [...part[k]]));
  return [axis(0), axis(1), axis(2)];
}

function latentShape(samples: readonly TrainingSample[], name: string): LatentShape {
  const shapes = samples.map((sample) => tensorOf(sample, name).shape);
  const [channels, frames, height, width] = shapes[0];
  shapes.forEach((shape, k) => {
    if (shape.length !== 4 || shape.join() !== shapes[0].join())
      throw refusal(samples[k], `${name} [${shapes[0].join(', ')}]`, `[${shape.join(', ')}]`);
  });
  return [1, channels, frames, height, width];
}

function packed(sample: TrainingSample, name: string, shape: LatentShape, patch: PatchSize): Float32Array {
  return packLatents(Float32Array.from(tensorOf(sample, name).data), shape, patch);
}

function tensorOf(sample: TrainingSample, name: string): HostTensor {
  const tensor = sample.tensors.get(name);
  if (tensor !== undefined) return tensor;
  throw refusal(sample, `a tensor ${name}`, [...sample.tensors.keys()].join(', '));
}

function refusal({ id }: TrainingSample, expected: string, found: string): AiprodError {
  return new AiprodError('bad-input', 'a sample does not fit the training strategy', {
    where: id,
    expected,
    found,
    hint: 'Preprocess the set with what the strategy needs, or change training_strategy',
  });
}
