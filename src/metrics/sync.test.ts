import { describe, expect, test } from 'vitest';
import { shiftWaveform, type Waveform } from '../audio';
import type { Sight } from './sight';
import { measureSync, syncOverTime } from './sync';
import { clipKinds, makeClip, type ClipOptions } from './testing/made-clips';

const usual: Omit<ClipOptions, 'kind' | 'seed' | 'frameRate' | 'offset'> = {
  sampleRate: 16000,
  seconds: 8,
  pictureNoise: 3,
  soundNoise: 0.02,
  related: true,
};

describe.each(clipKinds)('made clips: %s', (kind) => {
  test('a known offset is found within one frame, and the correction puts it right', () => {
    for (const [frameRate, frames] of [
      [24, -12],
      [25, 5],
      [29.97, 12],
    ] as const) {
      const { sight, sound } = makeClip({ ...usual, kind, seed: 31 + frames, frameRate, offset: frames / frameRate });
      const found = measureSync(sight, sound);
      expect(Math.abs((found.offsetFrames ?? Infinity) - frames), `${frameRate} a second, ${frames} frames`).toBeLessThan(1);
      expect(found.score).toBeLessThan(0.7);
      const corrected = measureSync(sight, shiftWaveform(sound, -(found.offset ?? 0)));
      expect(Math.abs(corrected.offsetFrames ?? Infinity)).toBeLessThan(1);
      expect(corrected.score).toBeGreaterThan(0.85);
    }
  }, 60_000);

  test('without anything in common tells no offset', () => {
    const { sight, sound } = makeClip({ ...usual, kind, seed: 8, frameRate: 24, offset: 0, related: false });
    expect(measureSync(sight, sound).offset).toBeUndefined();
  }, 60_000);
});

test('bounces are told by impacts, talk by the mouth', () => {
  const cuesOf = (kind: ClipOptions['kind']) => measureSync(...clip({ ...usual, kind, seed: 3, frameRate: 25, offset: 0.2 })).cues;
  const { impacts, mouth, novelty } = cuesOf('bounces');
  expect(mouth).toBeUndefined();
  expect(Math.abs((impacts?.offset ?? Infinity) - 0.2) * 25).toBeLessThan(1);
  expect(impacts?.confidence).toBeGreaterThan(novelty?.confidence ?? Infinity);
  expect(Math.abs((cuesOf('mouth').mouth?.offset ?? Infinity) - 0.2) * 25).toBeLessThan(1);
}, 60_000);

test('sync over time tells the part that is off', () => {
  const [sight, sound] = clip({ ...usual, kind: 'flashes', seed: 5, frameRate: 24, offset: 0, seconds: 15 });
  const [samples] = sound.channels;
  // From 9 seconds on the sound is late by 6 frames.
  const late = samples.slice();
  late.set(samples.subarray(9 * 16000, samples.length - 4000), 9 * 16000 + 4000);
  const windows = syncOverTime(sight, { ...sound, channels: [late] });
  expect(windows.map(({ start, end }) => [start, end])).toEqual([
    [0, 6],
    [3, 9],
    [6, 12],
    [9, 15],
  ]);
  expect(windows[0].score).toBeGreaterThan(0.9);
  expect(windows[3].score).toBeLessThan(0.5);
  expect(windows[3].offsetFrames).toBeCloseTo(6, 0);
}, 60_000);

test('silence and stills tell no offset', () => {
  const [sight, sound] = clip({ ...usual, kind: 'flashes', seed: 3, frameRate: 24, offset: 0 });
  const silence: Waveform = { sampleRate: 16000, channels: [new Float32Array(8 * 16000)] };
  expect(measureSync(sight, silence)).toMatchObject({ offset: undefined, confidence: 0, score: undefined });
  for (const length of [0, 1, 264, 5000]) {
    expect(measureSync(sight, { sampleRate: 24000, channels: [sound.channels[0].slice(0, length)] })).toMatchObject({ offset: undefined });
  }
  const still = new Float64Array(sight.novelty.length);
  expect(measureSync({ frameRate: 24, novelty: still, impacts: still }, sound)).toMatchObject({ offset: undefined, confidence: 0 });
});

function clip(options: ClipOptions): [Sight, Waveform] {
  const { sight, sound } = makeClip(options);
  return [sight, sound];
}

test('a shifted sound keeps its length and rate', () => {
  const sound: Waveform = { sampleRate: 10, channels: [Float32Array.of(1, 2, 3, 4)] };
  const shifted = (by: number): number[] => [...shiftWaveform(sound, by).channels[0]];
  expect(shifted(0.1)).toEqual([0, 1, 2, 3]);
  expect(shifted(-0.2)).toEqual([3, 4, 0, 0]);
  expect(shifted(0)).toEqual([1, 2, 3, 4]);
  expect(shifted(9)).toEqual([0, 0, 0, 0]);
  expect(shiftWaveform(sound, -9).channels[0].length).toBe(4);
});
