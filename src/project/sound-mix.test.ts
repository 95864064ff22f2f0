import { describe, expect, it } from 'vitest';
import type { Waveform } from '../audio';
import { rational } from './rational';
import { soundClipSchema } from './sequence/clip';
import { emptySequence, type Sequence } from './sequence/sequence';
import { mixSound } from './sound-mix';

const sampleRate = 48_000;
const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, at) => at / length);
const stereo: Waveform = { sampleRate, channels: [ramp(sampleRate), ramp(sampleRate).map((value) => 0 - value)] };
const ones: Waveform = { sampleRate, channels: [new Float32Array(sampleRate).fill(1)] };

function expectNear(found: readonly number[], expected: readonly number[], digits = 6): void {
  expect(found).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, digits);
}

function sequenceOf(...clips: readonly object[]): Sequence {
  const sequence = emptySequence({ width: 64, height: 64, rate: { numerator: 30_000, denominator: 1001 } });
  const tracks = clips.map((clip, at) => ({
    ...sequence.tracks[1],
    id: `A${at}`,
    kind: 'audio' as const,
    clips: [soundClipSchema.parse({ kind: 'sound', id: `c${at}`, media: 'm', start: 0, duration: 20, ...clip })],
  }));
  return { ...sequence, tracks: [sequence.tracks[0], ...tracks] };
}
const mix = (sequence: Sequence, sound: Waveform, start = 0, end = 20) =>
  mixSound(sequence, { start, end }, () => sound, sampleRate).channels;

describe('the sound of a sequence', () => {
  it('is the clip’s own samples where nothing is changed', () => {
    const [left, right] = mix(sequenceOf({}), stereo);
    // 20 frames of 30000/1001 a second.
    expect(left).toHaveLength(32_032);
    expect(left).toEqual(stereo.channels[0].slice(0, 32_032));
    expect(right).toEqual(stereo.channels[1].slice(0, 32_032));
  });

  it('is silent around its clips, and begins where they begin', () => {
    const [left] = mix(sequenceOf({ start: 5, duration: 5 }), ones);
    const [begin, end] = [Math.round((5 * 1001 * 48_000) / 30_000), Math.round((10 * 1001 * 48_000) / 30_000)];
    expectNear([left[begin - 1], left[begin], left[end - 1], left[end]], [0, 1, 1, 0]);
  });

  it('adds clips up, with gains in decibels', () => {
    const [left, right] = mix(
      sequenceOf(
        { gain: -6 },
        {
          gain: {
            keyframes: [
              { frame: 0, value: -20 },
              { frame: 20, value: 0 },
            ],
          },
        },
      ),
      ones,
    );
    const at = 16_016;
    // Half way from -20 to 0 dB.
    expect(left[at]).toBeCloseTo(10 ** (-6 / 20) + 10 ** (-10 / 20), 5);
    expect(right[at]).toBe(left[at]);
  });

  it('fades straight from and to silence', () => {
    const [left] = mix(sequenceOf({ fadeIn: 10, fadeOut: 5 }), ones);
    const of = (frame: number): number => left[Math.round((frame * 1001 * 48_000) / 30_000)];
    expectNear([of(0), of(5), of(12), of(17.5)], [0, 0.5, 1, 0.5], 4);
  });

  it('moves from side to side with the same power', () => {
    for (const pan of [-1, -0.5, 0.25, 1]) {
      const [left, right] = mix(sequenceOf({ pan }), ones);
      expect(left[100] ** 2 + right[100] ** 2).toBeCloseTo(2, 5);
      expect(left[100] >= right[100]).toBe(pan < 0);
    }
    const [left, right] = mix(sequenceOf({ pan: 1 }), stereo);
    expectNear([left[9000], right[9000]], [0, 0]);
  });

  it('plays faster and backwards', () => {
    const [twice] = mix(sequenceOf({ speed: rational(2), duration: 10 }), stereo);
    expect(twice[1000]).toBeCloseTo(2000 / sampleRate, 4);
    const [back] = mix(sequenceOf({ speed: rational(-1), sourceStart: rational(1, 2) }), stereo);
    expectNear([back[0], back[23_999], back[24_000]], [23_999 / sampleRate, 0, 0]);
  });

  it('of parts is that of the whole', () => {
    const sequence = sequenceOf({ speed: rational(3, 2), pan: 0.3, fadeIn: 4, start: 3, duration: 14 });
    const [whole] = mix(sequence, stereo);
    const parts = [0, 7, 13].map((start, at) => mix(sequence, stereo, start, [7, 13, 20][at])[0]);
    const joined = parts.flatMap((part) => [...part]);
    expect(joined).toHaveLength(whole.length);
    expect(Math.max(...joined.map((value, at) => Math.abs(value - whole[at])))).toBeLessThan(1e-5);
  });
});
