import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shiftWaveform, type Waveform } from '../audio';
import type { Plane } from './planes';
import { measureSync } from './sync';
import { flickerScore } from './temporal';

interface ClipOptions {
  readonly seed: number;
  readonly frameRate: number;
  readonly sampleRate: number;
  /** Seconds by which the sound is late. */
  readonly offset: number;
  /** Whether sounds and moves have their times in common. */
  readonly related: boolean;
}

const seconds = 6;
const [width, height] = [24, 16];

/** A square that jumps at random times in grey noise, and a burst of noise over hiss at each jump. */
function makeClip({ seed, frameRate, sampleRate, offset, related }: ClipOptions): { motion: number[]; sound: Waveform } {
  const random = generator(seed);
  const times = (): number[] => {
    const result: number[] = [];
    for (let time = 0.5 + 0.3 * random(); time < seconds - 0.5; time += 0.25 + 0.8 * random()) result.push(time);
    return result;
  };
  const moves = times();
  const sounds = related ? moves : times();

  let place = 0;
  let done = 0;
  let previous: Plane | undefined;
  const motion = Array.from({ length: Math.round(seconds * frameRate) }, (_, frame) => {
    // A move is seen in the first frame that begins at or after it.
    while (done < moves.length && moves[done] <= frame / frameRate) {
      place = (place + 5 + Math.floor(9 * random())) % (width - 6);
      done++;
    }
    const samples = Float64Array.from({ length: width * height }, (_, k) => {
      const inside = k % width >= place && k % width < place + 6 && k >= 4 * width && k < 11 * width;
      return (inside ? 200 : 60) + 16 * random();
    });
    const plane: Plane = { width, height, samples, peak: 255 };
    const energy = previous === undefined ? 0 : 1 - flickerScore([previous], [plane]);
    previous = plane;
    return energy;
  });

  const samples = Float32Array.from({ length: Math.round(seconds * sampleRate) }, () => 0.02 * (random() - 0.5));
  for (const time of sounds) {
    const start = Math.round((time + offset) * sampleRate);
    const loudness = 0.2 + 0.5 * random();
    for (let k = 0; k < 0.12 * sampleRate; k++) {
      if (start + k >= 0 && start + k < samples.length)
        samples[start + k] += loudness * Math.exp(-k / (0.03 * sampleRate)) * (random() - 0.5);
    }
  }
  return { motion, sound: { sampleRate, channels: [samples] } };
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const clipOptions = {
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  frameRate: fc.constantFrom(12, 24, 25, 29.97, 50),
  sampleRate: fc.constantFrom(16000, 24000, 44100),
};

describe('a clip of sounds and moves', () => {
  test('tells a known offset within one frame, and the correction puts it right', () => {
    fc.assert(
      fc.property(fc.record({ ...clipOptions, offset: fc.double({ min: -0.8, max: 0.8, noNaN: true }) }), (options) => {
        const { motion, sound } = makeClip({ ...options, related: true });
        const found = measureSync(motion, options.frameRate, sound);
        expect(Math.abs((found.offset ?? Infinity) - options.offset) * options.frameRate).toBeLessThan(1);
        expect(found.offsetFrames).toBeCloseTo((found.offset ?? 0) * options.frameRate, 9);
        const corrected = measureSync(motion, options.frameRate, shiftWaveform(sound, -(found.offset ?? 0)));
        expect(Math.abs(corrected.offsetFrames ?? Infinity)).toBeLessThan(1);
        expect(corrected.score).toBeGreaterThan(0.9);
        if (Math.abs(options.offset) > 0.15) expect(found.score).toBeLessThan(0.6);
      }),
      { numRuns: 12, seed: 5 },
    );
  }, 60_000);

  test('without anything in common tells no offset', () => {
    let told = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { motion, sound } = makeClip({ seed, frameRate: 24, sampleRate: 16000, offset: 0, related: false });
      if (measureSync(motion, 24, sound).offset !== undefined) told++;
    }
    expect(told).toBeLessThanOrEqual(1);
  }, 60_000);
});

test('silence and stills tell no offset', () => {
  const { motion, sound } = makeClip({ seed: 3, frameRate: 24, sampleRate: 16000, offset: 0, related: true });
  const silence: Waveform = { sampleRate: 16000, channels: [new Float32Array(seconds * 16000)] };
  expect(measureSync(motion, 24, silence)).toEqual({ correlation: 0, confidence: 0 });
  expect(measureSync(new Float64Array(motion.length), 24, sound)).toEqual({ correlation: 0, confidence: 0 });
});

test('a shifted sound keeps its length and rate', () => {
  const sound: Waveform = { sampleRate: 10, channels: [Float32Array.of(1, 2, 3, 4)] };
  const shifted = (by: number): number[] => [...shiftWaveform(sound, by).channels[0]];
  expect(shifted(0.1)).toEqual([0, 1, 2, 3]);
  expect(shifted(-0.2)).toEqual([3, 4, 0, 0]);
  expect(shifted(0)).toEqual([1, 2, 3, 4]);
  expect(shifted(9)).toEqual([0, 0, 0, 0]);
  expect(shiftWaveform(sound, -9).channels[0].length).toBe(4);
});
