import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createScheduler, type LatentShape } from '../diffusion';
import { AiprodError } from '../errors';
import type { Video } from '../models';
import { relativeError } from '../models/testing/golden';
import {
  conditionedVideoStart,
  tokenStrengths,
  withoutKeyframes,
  type ConditionedVideoRequest,
  type VideoCondition,
} from './conditioned-video';
import type { VideoAutoencoder } from './latent-codec';
import { seededNoise, type NoiseSource } from './noise';

const numbers = z.array(z.number());
const size5 = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);
const reference = z
  .object({
    latentShape: size5,
    frameRate: z.number(),
    sigma: z.number(),
    mean: numbers,
    std: numbers,
    given: numbers,
    conditions: z.array(z.object({ frames: z.number(), frameIndex: z.number(), strength: z.number(), encoded: numbers })),
    draws: z.array(numbers),
    latents: numbers,
    mask: numbers,
    coordinates: numbers,
    keyframeTokens: z.number(),
    trimmed: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/conditioned-start.json', import.meta.url), 'utf8')));

const ratios = { spatial: 32, temporal: 8 };
const patch = { patch_size: 1, patch_size_t: 1 };

/** A VAE whose encoder returns given latents, with no variance to speak of; `seen` gets the frames of each video. */
function encoderOf(
  latents: (index: number, count: number) => readonly number[],
  seen: number[] = [],
  latentShape: LatentShape = reference.latentShape,
): VideoAutoencoder {
  return {
    statistics: { mean: Float32Array.from(reference.mean), std: Float32Array.from(reference.std), scalingFactor: 1 },
    timestepConditioned: false,
    encode({ shape }) {
      const [, channels, , height, width] = latentShape;
      const frames = (shape[2] - 1) / ratios.temporal + 1;
      const count = channels * frames * height * width;
      const data = new Float32Array(2 * count).fill(-30, count);
      data.set(latents(seen.length, count));
      seen.push(shape[2]);
      return Promise.resolve({ shape: [1, 2 * channels, frames, height, width], data });
    },
    decode: () => Promise.reject(new Error('not for decoding')),
  };
}

const blank = (frames: number): Video => ({ shape: [1, 3, frames, 1, 1], data: new Float32Array(3 * frames) });
const zeros = (_: number, count: number): number[] => new Array<number>(count).fill(0);

function requestOf(conditions: readonly VideoCondition[], changes: Partial<ConditionedVideoRequest> = {}): ConditionedVideoRequest {
  return {
    vae: encoderOf(zeros),
    conditions,
    latentShape: reference.latentShape,
    ratios,
    patch,
    frameRate: reference.frameRate,
    imageNoiseScale: 0.15,
    noise: seededNoise(1),
    ...changes,
  };
}

describe('a start with conditions', () => {
  test('a prefix, a later video and a last frame over given latents: as the reference prepares them', async () => {
    const draws = [...reference.draws];
    const noise: NoiseSource = (purpose, _index, count) =>
      purpose === 'posterior' ? new Float32Array(count) : Float32Array.from(draws.shift() ?? []);
    const start = await conditionedVideoStart(
      requestOf(
        reference.conditions.map(({ frames, frameIndex, strength }) => ({ video: blank(frames), frameIndex, strength })),
        {
          vae: encoderOf((index) => reference.conditions[index].encoded),
          noise,
          given: { latents: Float32Array.from(reference.given), sigma: reference.sigma },
        },
      ),
    );
    expect(draws).toHaveLength(0);
    expect(start.keyframeTokens).toBe(reference.keyframeTokens);
    expect(relativeError(start.latents, reference.latents)).toBeLessThan(2e-7);
    expect(relativeError(start.coordinates, reference.coordinates)).toBeLessThan(1e-7);
    const levels = reference.mask.map((mask) => (1 - mask) * 1000);
    expect(relativeError(start.conditioning.tokenTimesteps(1000), levels)).toBeLessThan(2e-7);
    const video = reference.latents.slice(reference.keyframeTokens * reference.latentShape[1]);
    expect(relativeError(withoutKeyframes(start.latents, start), video)).toBeLessThan(2e-7);
  });

  test('videos are cut to the result and to whole latent frames, as in the reference', async () => {
    for (const [frameIndex, frames, target, kept] of reference.trimmed) {
      const seen: number[] = [];
      const latentShape: LatentShape = [1, 3, (target - 1) / 8 + 1, 2, 3];
      await conditionedVideoStart(
        requestOf([{ video: blank(frames), frameIndex, strength: 1 }], { vae: encoderOf(zeros, seen, latentShape), latentShape }),
      );
      expect(seen).toEqual([kept]);
    }
  });

  test('only wholly given tokens get noise before a step, the less the cleaner the video is', async () => {
    const { conditioning, latents } = await conditionedVideoStart(requestOf([{ video: blank(1), frameIndex: 0, strength: 1 }]));
    const given = 6 * 3;
    const noised = conditioning.beforeStep?.(latents, 1000, 0) ?? latents;
    const later = conditioning.beforeStep?.(noised, 100, 0) ?? noised;
    expect(noised.subarray(given)).toEqual(latents.subarray(given));
    expect(noised.subarray(0, given)).not.toEqual(latents.subarray(0, given));
    // Noise is put on the first latents each time, not on what earlier steps left.
    const change = (values: Float32Array): number => Math.hypot(...values.subarray(0, given).map((value, k) => value - latents[k]));
    expect(change(later) / change(noised)).toBeCloseTo(0.01, 5);
    const { conditioning: still } = await conditionedVideoStart(
      requestOf([{ video: blank(1), frameIndex: 0, strength: 1 }], { imageNoiseScale: 0 }),
    );
    expect(still.beforeStep).toBeUndefined();
  });

  test.each([
    [/frame.*0 to 32.*33/, { video: blank(1), frameIndex: 33, strength: 1 }],
    [/frame.*-1/, { video: blank(1), frameIndex: -1, strength: 1 }],
    [/frame.*1\.5/, { video: blank(1), frameIndex: 1.5, strength: 1 }],
    [/strength.*1\.1/, { video: blank(1), frameIndex: 0, strength: 1.1 }],
    [/strength.*NaN/, { video: blank(1), frameIndex: 0, strength: NaN }],
  ])('%s', async (message, condition) => {
    const start = conditionedVideoStart(requestOf([condition]));
    await expect(start).rejects.toThrow(AiprodError);
    await expect(start).rejects.toThrow(message);
  });

  test('pixels of another size are refused', async () => {
    const vae = encoderOf(zeros, [], [1, 3, 5, 3, 3]);
    await expect(conditionedVideoStart(requestOf([{ video: blank(1), frameIndex: 0, strength: 1 }], { vae }))).rejects.toThrow(/3 x 2/);
  });
});

describe('a step of tokens given to a degree', () => {
  const schedulers = [createScheduler('FlowMatchEulerDiscreteScheduler', {}), createScheduler('LTXEulerAncestralRFScheduler', {})];
  const [euler, ancestral] = schedulers;
  const sample = Float32Array.of(1, 1, 1);
  const modelOutput = Float32Array.of(1, 1, 1);

  test('moves a token once the schedule has come down to its noise level', () => {
    const schedule = euler.schedule({ timesteps: [1000, 500] });
    const conditioning = tokenStrengths(Float32Array.of(0, 0.5, 1));
    expect([...conditioning.tokenTimesteps(1000)]).toEqual([1000, 500, 0]);
    expect([...conditioning.step(euler, { schedule, index: 0, sample, modelOutput }).sample]).toEqual([0.5, 1, 1]);
    expect([...conditioning.step(euler, { schedule, index: 1, sample, modelOutput }).sample]).toEqual([0.5, 0.5, 1]);
  });

  test('needs a solver that is defined for it', () => {
    const schedule = ancestral.schedule({ steps: 2 });
    expect(() => tokenStrengths(Float32Array.of(0, 0, 0)).step(ancestral, { schedule, index: 0, sample, modelOutput })).toThrow(
      /FlowMatchEuler/,
    );
  });
});
