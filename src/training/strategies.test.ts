import { describe, expect, it } from 'vitest';
import type { TrainingSample } from '../data';
import { testValues } from '../graph/testing';
import { randomNormal } from '../numeric/random';
import {
  drawUniform,
  sampleTimesteps,
  soundConditionsOf,
  soundInputs,
  stretchedLevel,
  strategyInputs,
  tokenShift,
  type SoundCondition,
  type TrainingCondition,
  type TrainingStrategy,
} from '.';

const key = { seed: 7, step: 3 };
const [C, F, H, W] = [2, 3, 2, 4];
const tensor = (shape: number[], seed: number) => ({
  shape,
  dtype: 'f32' as const,
  data: testValues(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});
const samples = (count: number): TrainingSample[] =>
  Array.from({ length: count }, (_, k) => ({
    id: `clip ${k}`,
    fps: 8,
    tensors: new Map([
      ['latents', tensor([C, F, H, W], k + 1)],
      ['reference_latents', tensor([C, F, H / 2, W / 2], k + 50)],
      [
        'video_masks',
        { shape: [F, H, W], dtype: 'f32' as const, data: Float32Array.from({ length: F * H * W }, (__, i) => (i % 3 === 0 ? 1 : 0)) },
      ],
    ]),
  }));
const model = { patch: { patch_size: 1, patch_size_t: 1 }, ratios: { spatial: 32, temporal: 8 }, frameRate: 24 };
const inputs = (strategy: TrainingStrategy, count = 1) =>
  strategyInputs(samples(count), { strategy, sampler: { type: 'uniform', minimum: 0.2 }, model, key });
const flexible = (...conditions: TrainingCondition[]) => inputs({ name: 'flexible', conditions });
/** Numbers of the tokens that are given. */
const given = (weights: Float32Array) => [...weights.keys()].filter((k) => weights[k] === 0);

describe('strategies', () => {
  it('mix noise into a clip by its level, and want its velocity', () => {
    const { noisy, sigmas, target, lossWeight, tokens } = inputs({ name: 'text_to_video' }, 2);
    expect(tokens).toBe(F * H * W);
    expect(given(lossWeight)).toEqual([]);
    expect(new Set(sigmas).size).toBe(2);
    const { data } = samples(2)[1].tensors.get('latents') ?? { data: [] };
    // Token 5 of sample 1, channel 1: noisy = clean + sigma (noise - clean).
    const at = (tokens + 5) * C + 1;
    expect(noisy[at]).toBeCloseTo(data[F * H * W + 5] + sigmas[tokens + 5] * target[at], 6);
  });

  it('are pure functions of samples, seed and step', () => {
    const strategy: TrainingStrategy = { name: 'image_to_video', firstFrameProbability: 0.5, captionDropout: 0.5 };
    expect(inputs(strategy, 8)).toEqual(inputs(strategy, 8));
    const other = strategyInputs(samples(8), { strategy, sampler: { type: 'uniform' }, model, key: { ...key, step: 4 } });
    expect(other.target).not.toEqual(inputs(strategy, 8).target);
    const { captionDropped, lossWeight } = inputs(strategy, 64);
    for (const drawn of [captionDropped.filter(Boolean).length, given(lossWeight).length / (H * W)]) {
      expect(drawn).toBeGreaterThan(16);
      expect(drawn).toBeLessThan(48);
    }
  });

  it('give tokens as they are, at level 0 and without a part in the loss', () => {
    const { noisy, sigmas, lossWeight } = inputs({ name: 'image_to_video' });
    expect(given(lossWeight)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(given(sigmas)).toEqual(given(lossWeight));
    const { data } = samples(1)[0].tensors.get('latents') ?? { data: [] };
    expect([noisy[2 * 3], noisy[2 * 3 + 1]]).toEqual([data[3], data[F * H * W + 3]]);
    expect(given(flexible({ type: 'prefix', frames: 2 }).lossWeight)).toHaveLength(16);
    expect(given(flexible({ type: 'suffix', frames: 1 }).lossWeight)[0]).toBe(16);
    // Pixels 32 to 95 of the second row of latents.
    expect(given(flexible({ type: 'spatial_crop', region: [32, 32, 64, 96] }).lossWeight)).toEqual([5, 6, 13, 14, 21, 22]);
    expect(given(flexible({ type: 'mask' }).lossWeight)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
    expect(given(flexible({ type: 'mask', probability: 0 }).lossWeight)).toEqual([]);
    expect(given(flexible({ type: 'prefix', frames: 3 }).lossWeight)).toEqual([]);
  });

  it('append a reference as tokens that lie where the clip does', () => {
    const { tokens, coordinates, lossWeight, noisy, target } = inputs({ name: 'video_to_video' });
    expect(tokens).toBe(24 + 6);
    expect(given(lossWeight)).toEqual([24, 25, 26, 27, 28, 29]);
    expect([...coordinates.subarray(2 * tokens + 24)]).toEqual([0, 64, 0, 64, 0, 64]);
    expect([...coordinates.subarray(24, tokens)]).toEqual([0, 0, 1 / 8, 1 / 8, 9 / 8, 9 / 8]);
    const { data } = samples(1)[0].tensors.get('reference_latents') ?? { data: [] };
    expect([noisy[25 * C], target[25 * C]]).toEqual([data[1], 0]);
    const [sample] = samples(1);
    const odd = { ...sample, tensors: new Map(sample.tensors).set('reference_latents', tensor([C, F, 2, 3], 1)) };
    expect(() => strategyInputs([odd], { strategy: { name: 'video_to_video' }, sampler: { type: 'uniform' }, model, key })).toThrow(
      'by one whole factor',
    );
  });
});

describe('conditions of a sound', () => {
  const sampler = { type: 'uniform', minimum: 0.2 } as const;
  const sounds = Array.from({ length: 2 }, (_, k) => ({
    id: `sound ${k}`,
    tensors: new Map([
      ['audio_latents', tensor([2, 5, 3], k + 1)],
      ['audio_masks', { shape: [5], dtype: 'f32' as const, data: Float32Array.of(1, 0, 0.4, k, 0) }],
    ]),
  }));
  const sound = (...conditions: SoundCondition[]) => soundInputs(sounds, { part: 'generated', conditions, sampler, key });

  it('give latents as they are, at level 0 and without a part in the loss', () => {
    const { noisy, levels, sigmas, lossWeight, target } = sound({ type: 'mask' });
    expect(given(lossWeight)).toEqual([0, 5, 8]);
    expect(given(sigmas)).toEqual([0, 5, 8]);
    expect([sigmas[1], sigmas[9]]).toEqual([...levels]);
    // Channels before bins: feature 4 of latent 3 is channel 1, bin 1.
    const clean = sounds[1].tensors.get('audio_latents')?.data ?? [];
    expect(noisy[(5 + 3) * 6 + 4]).toBe(clean[(5 + 3) * 3 + 1]);
    expect(noisy[(5 + 2) * 6 + 4]).toBeCloseTo(clean[(5 + 2) * 3 + 1] + levels[1] * target[(5 + 2) * 6 + 4], 6);
    expect(given(sound({ type: 'prefix', frames: 1 }, { type: 'suffix', frames: 2 }).lossWeight)).toEqual([0, 3, 4, 5, 8, 9]);
    expect(given(sound({ type: 'prefix', frames: 5 }).lossWeight)).toEqual([]);
    expect(given(sound({ type: 'mask', probability: 0 }).lossWeight)).toEqual([]);
  });

  it('are of a sound that is made, and need masks that fit', () => {
    const audioConditions = [{ type: 'mask' }, { type: 'prefix', frames: 1, probability: 0 }] as const;
    const strategy = { name: 'flexible', conditions: [], audioConditions } as const;
    expect(soundConditionsOf({ ...strategy, audio: 'generated' })).toEqual([{ type: 'mask' }]);
    expect(soundConditionsOf({ ...strategy, audio: 'given' })).toEqual([]);
    const [sample] = sounds;
    const bare = { ...sample, tensors: new Map([['audio_latents', tensor([2, 5, 3], 1)]]) };
    expect(() => soundInputs([bare], { part: 'generated', conditions: [{ type: 'mask' }], sampler, key })).toThrow(
      /sound 0.*audio_masks \[5\]/,
    );
  });
});

describe('timesteps', () => {
  it('follow the formula of the shifted sampler', () => {
    expect([tokenShift(1024), tokenShift(4096), tokenShift(9999)].map((shift) => Number(shift.toFixed(12)))).toEqual([0.95, 2.05, 2.05]);
    // Percentiles 0.5 and 99.9 become 0 (mirrored at 1e-3) and 1.
    expect(stretchedLevel(-2.5758, 1024, {})).toBeCloseTo(2e-3, 9);
    expect(stretchedLevel(3.0902, 2048, {})).toBeCloseTo(1, 9);
    const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
    const [low, high] = [logistic(0.95 - 2.5758), logistic(0.95 + 3.0902)];
    expect(stretchedLevel(0.3, 1024, {})).toBeCloseTo((logistic(1.25) - low) / (high - low), 12);
    const plain = sampleTimesteps({ type: 'shifted_logit_normal', uniformShare: 0 }, 4, 1024, key);
    const spread = sampleTimesteps({ type: 'shifted_logit_normal', uniformShare: 1 }, 4096, 1024, key);
    expect(plain.every((level) => level >= 1e-3 && level <= 1)).toBe(true);
    expect(spread.reduce((sum, level) => sum + level) / 4096).toBeCloseTo(0.5, 1);
    const normal = sampleTimesteps({ type: 'logit_normal' }, 4096, 1, key);
    expect(normal.filter((level) => level < 0.5).length / 4096).toBeCloseTo(0.5, 1);
  });

  it('come from streams of their own', () => {
    expect(drawUniform(key, 'condition', 4)).not.toEqual(drawUniform(key, 'captionDropout', 4));
    expect(randomNormal(7, 0, 4)).not.toEqual(sampleTimesteps({ type: 'uniform' }, 4, 1, key));
  });
});
