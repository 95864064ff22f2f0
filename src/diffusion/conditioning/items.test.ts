import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { packLatents, unpackLatents, type LatentShape } from '../patchifiers';
import {
  conditioningItemSchema,
  gridCoordinates,
  placeConditions,
  videoTokensOf,
  type ConditioningItem,
  type LatentVideo,
  type PlacementRequest,
} from './index';

const grid = { patch: { patch_size: 1, patch_size_t: 1 }, ratios: { spatial: 32, temporal: 8 }, frameRate: 25 };
const shape: LatentShape = [1, 2, 4, 2, 3];
const wave = (own: LatentShape, seed: number): LatentVideo => ({
  shape: own,
  data: Float32Array.from({ length: own.reduce((product, size) => product * size, 1) }, (_, k) => Math.sin(1.7 * k + seed)),
});
const start = wave(shape, 0);
const ofFrames = (frames: number, seed = 1): LatentVideo => wave([1, 2, frames, 2, 3], seed);

const place = (items: PlacementRequest['items'], changes: Partial<PlacementRequest> = {}) =>
  placeConditions({ start, items, grid, extraTokens: 'end', ...changes });
const parsed = (item: unknown): ConditioningItem => conditioningItemSchema.parse(item);
/** Strength of each latent frame, where a frame has but one. */
const frameStrengths = (strengths: Float32Array): number[][] => [0, 1, 2, 3].map((f) => [...new Set(strengths.subarray(6 * f, 6 * f + 6))]);

describe('in place of latents', () => {
  test('nothing given: the tokens are those of the start', () => {
    const sequence = place([]);
    expect(sequence.tokens).toEqual(packLatents(start.data, shape, grid.patch));
    expect(sequence.strengths).toEqual(new Float32Array(24));
    expect(videoTokensOf(sequence.tokens, sequence)).toEqual(sequence.tokens);
  });

  test.each([
    [{ kind: 'latent', latentFrame: 1, strength: 0.5 }, 2, [0, 0.5, 0.5, 0]],
    [{ kind: 'latent' }, 1, [1, 0, 0, 0]],
    [{ kind: 'prefix' }, 2, [1, 1, 0, 0]],
    [{ kind: 'suffix', strength: 0.25 }, 1, [0, 0, 0, 0.25]],
  ] as const)('%j of %d frames', (item, frames, expected) => {
    const latents = ofFrames(frames);
    const sequence = place([{ item: parsed(item), latents }]);
    expect(frameStrengths(sequence.strengths)).toEqual(expected.map((strength) => [strength]));
    const result = unpackLatents(sequence.tokens, shape, grid.patch);
    const first = expected.findIndex((strength) => strength > 0);
    result.forEach((value, k) => {
      const frame = Math.floor(k / 6) % 4;
      const channel = Math.floor(k / 24);
      const given = frame - first < frames ? latents.data[channel * 6 * frames + (frame - first) * 6 + (k % 6)] : 0;
      const strength = expected[frame];
      expect(value).toBeCloseTo(strength === 0 ? start.data[k] : (1 - strength) * start.data[k] + strength * given, 6);
    });
  });

  test('a region is made anew, all else kept', () => {
    const latents = ofFrames(4);
    const { strengths, given } = place([{ item: parsed({ kind: 'mask', frames: [1, 3], columns: [0, 2] }), latents }]);
    const free = [...strengths].flatMap((strength, token) => (strength === 0 ? [token] : []));
    // Frames 1 and 2, both rows, columns 0 and 1.
    expect(free).toEqual([6, 7, 9, 10, 12, 13, 15, 16]);
    const expected = packLatents(latents.data, shape, grid.patch);
    given.forEach((value, k) => {
      if (strengths[Math.floor(k / 2)] === 1) expect(value).toBe(expected[k]);
    });
  });

  test('later items act over earlier ones', () => {
    const { strengths } = place([
      { item: parsed({ kind: 'prefix' }), latents: ofFrames(3) },
      { item: parsed({ kind: 'latent', latentFrame: 1, strength: 0.5 }), latents: ofFrames(1) },
    ]);
    expect(frameStrengths(strengths)).toEqual([[1], [0.5], [1], [0]]);
  });

  test('patches of several latent pixels have the strength of their first', () => {
    const patch = { patch_size: 2, patch_size_t: 2 };
    const own: LatentShape = [1, 2, 4, 2, 4];
    const sequence = placeConditions({
      start: wave(own, 0),
      items: [{ item: parsed({ kind: 'prefix', strength: 0.5 }), latents: wave([1, 2, 2, 2, 4], 1) }],
      grid: { ...grid, patch },
      extraTokens: 'end',
    });
    expect([...sequence.strengths]).toEqual([0.5, 0.5, 0, 0]);
    expect([...sequence.coordinates[2]]).toEqual([0, 64, 0, 64]);
  });
});

describe('extra tokens', () => {
  const noise = wave([1, 2, 1, 2, 3], 9).data;
  const keyframe = { item: parsed({ kind: 'keyframe', frame: 16, strength: 0.75 }), latents: ofFrames(1), noise };

  test.each(['front', 'end'] as const)('go to the %s, the video keeps its place', (extraTokens) => {
    const sequence = place([keyframe], { extraTokens });
    expect(sequence.videoTokens).toBe(24);
    expect(sequence.videoStart).toBe(extraTokens === 'front' ? 6 : 0);
    expect(videoTokensOf(sequence.tokens, sequence)).toEqual(packLatents(start.data, shape, grid.patch));
    const at = extraTokens === 'front' ? 0 : 24;
    expect([...sequence.strengths.subarray(at, at + 6)]).toEqual([0.75, 0.75, 0.75, 0.75, 0.75, 0.75]);
    expect(sequence.coordinates[0][at]).toBeCloseTo(16 / 25, 6);
    expect([...sequence.coordinates[1].subarray(at, at + 6)]).toEqual([0, 0, 0, 32, 32, 32]);
    const expected = packLatents(
      ofFrames(1).data.map((value, k) => 0.75 * value + 0.25 * noise[k]),
      [1, 2, 1, 2, 3],
      grid.patch,
    );
    expected.forEach((value, k) => expect(sequence.tokens[2 * at + k]).toBeCloseTo(value, 6));
  });

  test('a reference of half the size and a quarter of the frame rate spans the same place and time', () => {
    const reference = wave([1, 2, 3, 1, 2], 5);
    const item = parsed({ kind: 'reference', downscaleFactor: 2, temporalScaleFactor: 4 });
    const { coordinates } = place([{ item, latents: reference }]);
    const times = [24, 26, 28].map((token) => coordinates[0][token]);
    // Latent frames 0, 1, 2 begin at frames 0, 1 and 9 of the reference: 4 times as far on in the result, less 3.
    expect(times.map((time) => Math.round(time * 25))).toEqual([0, 1, 33]);
    expect([...coordinates[2].subarray(24, 26)]).toEqual([0, 64]);
  });

  test('the first latent frame of a grid stands for one frame', () => {
    const frames = (causal: boolean): number[] =>
      [0, 6, 12].map((token) => Math.round(gridCoordinates(shape, grid, { causal, frameIndex: 2 })[0][token] * 25));
    expect(frames(true)).toEqual([2, 3, 11]);
    expect(frames(false)).toEqual([2, 10, 18]);
  });
});

describe('what cannot be placed is refused', () => {
  test.each([
    [/3 x 2/, { kind: 'latent' }, wave([1, 2, 1, 2, 2], 0)],
    [/4 latent frames.*3 latent frames from 2/, { kind: 'latent', latentFrame: 2 }, ofFrames(3)],
    [/4 latent frames.*5/, { kind: 'suffix' }, ofFrames(5)],
    [/all of the video/, { kind: 'mask', frames: [0, 1] }, ofFrames(3)],
    [/0 to 24.*25/, { kind: 'keyframe', frame: 25 }, ofFrames(1)],
    [/needs noise/, { kind: 'keyframe', frame: 0, strength: 0.5 }, ofFrames(1)],
  ])('%s', (message, item, latents) => {
    expect(() => place([{ item: parsed(item), latents }])).toThrow(AiprodError);
    expect(() => place([{ item: parsed(item), latents }])).toThrow(message);
  });

  test('any item either fits or is a typed error', () => {
    const frame = fc.integer({ min: 0, max: 40 });
    const strength = fc.double({ min: 0, max: 1, noNaN: true });
    const item: fc.Arbitrary<ConditioningItem> = fc.oneof(
      fc.record({ kind: fc.constant('latent' as const), latentFrame: frame, strength }),
      fc.record({ kind: fc.constantFrom('prefix' as const, 'suffix' as const), strength }),
      fc.record({ kind: fc.constant('keyframe' as const), frame, strength }),
    );
    fc.assert(
      fc.property(item, fc.integer({ min: 1, max: 6 }), (own, frames) => {
        const latents = ofFrames(frames);
        try {
          const sequence = place([{ item: own, latents, noise: latents.data }]);
          expect(sequence.tokens).toHaveLength(2 * sequence.strengths.length);
          expect(sequence.given).toHaveLength(sequence.tokens.length);
          expect(sequence.coordinates.every((axis) => axis.length === sequence.strengths.length)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(AiprodError);
        }
      }),
    );
  });
});
