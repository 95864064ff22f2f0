import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import {
  audioLatentFrames,
  audioLatentsPerSecond,
  denormalizeAudioTokens,
  normalizeAudioTokens,
  packAudioLatents,
  unpackAudioLatents,
  type AudioLatentShape,
} from './audio-latents';

describe('audio tokens', () => {
  test('hold one frame each, channels before bins', () => {
    // Two channels of two frames of two bins: the value tells channel, frame and bin.
    const latents = Float32Array.of(0, 1, 10, 11, 100, 101, 110, 111);
    expect([...packAudioLatents(latents, [1, 2, 2, 2])]).toEqual([0, 1, 100, 101, 10, 11, 110, 111]);
  });

  test('released latents become tokens of 128', () => {
    const shape: AudioLatentShape = [1, 8, 126, 16];
    const tokens = packAudioLatents(
      Float32Array.from({ length: 8 * 126 * 16 }, (_, k) => k),
      shape,
    );
    expect(tokens.length / 126).toBe(128);
    expect(tokens[128]).toBe(16);
  });

  test('are undone for every shape', () => {
    const size = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(size, size, size, size, (...shape) => {
        const latents = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, k) => k);
        const tokens = packAudioLatents(latents, shape);
        expect(new Set(tokens).size).toBe(latents.length);
        expect(unpackAudioLatents(tokens, shape)).toEqual(latents);
      }),
    );
  });

  test('are normalised feature by feature', () => {
    const statistics = { mean: Float32Array.of(1, -2), std: Float32Array.of(2, 4) };
    const tokens = Float32Array.of(3, 2, 1, -2);
    expect([...normalizeAudioTokens(tokens, statistics)]).toEqual([1, 1, 0, 0]);
    expect(denormalizeAudioTokens(normalizeAudioTokens(tokens, statistics), statistics)).toEqual(tokens);
  });

  test('refuse what does not fit', () => {
    expect(() => packAudioLatents(new Float32Array(5), [1, 1, 2, 3])).toThrow(/6 elements.*5/);
    expect(() => unpackAudioLatents(new Float32Array(5), [1, 1, 2, 3])).toThrow(/6 elements.*5/);
    const statistics = { mean: new Float32Array(2), std: new Float32Array(2) };
    expect(() => normalizeAudioTokens(new Float32Array(3), statistics)).toThrow(AiprodError);
    expect(() => denormalizeAudioTokens(new Float32Array(4), { ...statistics, std: new Float32Array(3) })).toThrow(AiprodError);
  });
});

test('latent frames of a clip: 25 a second, halves to even', () => {
  const rate = { sampleRate: 16000, hopLength: 160, compression: 4 };
  expect(audioLatentsPerSecond(rate)).toBe(25);
  expect(audioLatentFrames(121, 24, rate)).toBe(126);
  // 12.5 and 13.5 latents.
  expect(audioLatentFrames(12, 24, rate)).toBe(12);
  expect(audioLatentFrames(27, 50, rate)).toBe(14);
  expect(audioLatentFrames(1, 60, rate)).toBe(1);
});
