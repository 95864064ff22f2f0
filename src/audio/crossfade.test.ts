import { expect, test } from 'vitest';
import { crossfade, waveformPart, type Waveform } from './index';

const sound = (samples: readonly number[], sampleRate = 8): Waveform => ({ sampleRate, channels: [Float32Array.from(samples)] });

test('one sound goes over into another: each has its own samples outside, and equal sounds stay as they are', () => {
  const first = sound([1, 2, 3, 4, 5, 6]);
  const second = sound([13, 14, 15, 16, 17, 18, 19]);
  const [joined] = crossfade(first, second, { at: 2, fade: [3, 5] }).channels;
  // A quarter and three quarters of the way, in the middle of each sample.
  expect([...joined]).toEqual([1, 2, 3, 4 + 0.25 * 10, 5 + 0.75 * 10, 16, 17, 18, 19]);
  expect([...crossfade(first, sound([3, 4, 5, 6, 7]), { at: 2, fade: [2, 6] }).channels[0]]).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect([...crossfade(first, second, { at: 6, fade: [6, 6] }).channels[0]]).toEqual([1, 2, 3, 4, 5, 6, ...second.channels[0]]);
});

test('sounds that are not alike, or do not overlap, are refused', () => {
  expect(() => crossfade(sound([1, 2]), sound([1, 2], 16), { at: 0, fade: [0, 1] })).toThrow(/8 Hz.*16 Hz/s);
  expect(() => crossfade(sound([1, 2]), sound([1, 2]), { at: 1, fade: [1, 3] })).toThrow(/samples 1 to 2/);
});

test('a part of a sound is silent before it begins and after it has ended', () => {
  expect([...waveformPart(sound([1, 2, 3]), -2, 2).channels[0]]).toEqual([0, 0, 1, 2]);
  expect([...waveformPart(sound([1, 2, 3]), 2, 5).channels[0]]).toEqual([3, 0, 0]);
  expect([...waveformPart(sound([1, 2, 3]), -5, -3).channels[0]]).toEqual([0, 0]);
});
