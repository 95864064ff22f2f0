import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waveformPart, waveformSource, wholeSound, type Waveform } from '../audio';
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
const mix = async (sequence: Sequence, sound: Waveform, start = 0, end = 20) =>
  (await wholeSound(mixSound(sequence, { start, end }, async () => waveformSource(sound), sampleRate))).channels;

/** Whether two sounds are alike to the bit. */
const alike = (a: Waveform, b: Waveform): boolean =>
  a.channels.length === b.channels.length &&
  a.channels.every((samples, k) => Buffer.from(samples.slice().buffer).equals(Buffer.from(b.channels[k].slice().buffer)));

describe('the sound of a sequence', () => {
  it('is the clip’s own samples where nothing is changed', async () => {
    const [left, right] = await mix(sequenceOf({}), stereo);
    // 20 frames of 30000/1001 a second.
    expect(left).toHaveLength(32_032);
    expect(left).toEqual(stereo.channels[0].slice(0, 32_032));
    expect(right).toEqual(stereo.channels[1].slice(0, 32_032));
  });

  it('is silent around its clips, and begins where they begin', async () => {
    const [left] = await mix(sequenceOf({ start: 5, duration: 5 }), ones);
    const [begin, end] = [Math.round((5 * 1001 * 48_000) / 30_000), Math.round((10 * 1001 * 48_000) / 30_000)];
    expectNear([left[begin - 1], left[begin], left[end - 1], left[end]], [0, 1, 1, 0]);
  });

  it('adds clips up, with gains in decibels', async () => {
    const [left, right] = await mix(
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

  it('fades straight from and to silence', async () => {
    const [left] = await mix(sequenceOf({ fadeIn: 10, fadeOut: 5 }), ones);
    const of = (frame: number): number => left[Math.round((frame * 1001 * 48_000) / 30_000)];
    expectNear([of(0), of(5), of(12), of(17.5)], [0, 0.5, 1, 0.5], 4);
  });

  it('moves from side to side with the same power', async () => {
    for (const pan of [-1, -0.5, 0.25, 1]) {
      const [left, right] = await mix(sequenceOf({ pan }), ones);
      expect(left[100] ** 2 + right[100] ** 2).toBeCloseTo(2, 5);
      expect(left[100] >= right[100]).toBe(pan < 0);
    }
    const [left, right] = await mix(sequenceOf({ pan: 1 }), stereo);
    expectNear([left[9000], right[9000]], [0, 0]);
  });

  it('plays faster and backwards', async () => {
    const [twice] = await mix(sequenceOf({ speed: rational(2), duration: 10 }), stereo);
    expect(twice[1000]).toBeCloseTo(2000 / sampleRate, 4);
    const [back] = await mix(sequenceOf({ speed: rational(-1), sourceStart: rational(1, 2) }), stereo);
    expectNear([back[0], back[23_999], back[24_000]], [23_999 / sampleRate, 0, 0]);
  });

  it('of any stretches is that of the whole to the bit, and of a range that of the sequence', async () => {
    const other: Waveform = { sampleRate: 44_100, channels: [ramp(30_000).map((value) => Math.sin(900 * value))] };
    const sequence = sequenceOf(
      { speed: rational(3, 2), pan: 0.3, fadeIn: 4, start: 3, duration: 14 },
      { media: 'n', fadeOut: 7, sourceStart: rational(1, 10), start: 1, duration: 17 },
      { media: 'n', speed: rational(-4, 5), sourceStart: rational(3, 5), start: 2, duration: 15, gain: -3 },
    );
    // Half a second that is asked for in order, and what was read of each media item.
    const asked: number[] = [];
    const soundOf = async (media: string) => {
      const source = waveformSource(media === 'm' ? stereo : other);
      return { ...source, read: (start: number, end: number) => (asked.push(end - start), source.read(start, end)) };
    };
    const mixed = mixSound(sequence, { start: 0, end: 20 }, soundOf, sampleRate);
    const whole = await wholeSound(mixed);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -500, max: mixed.length }), fc.integer({ min: 0, max: 9000 }), async (start, count) => {
        expect(alike(await mixed.read(start, start + count), waveformPart(whole, start, start + count))).toBe(true);
      }),
      { numRuns: 40 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 1, max: 20 }), async (start, frames) => {
        const end = Math.min(20, start + frames);
        const [first, last] = [start, end].map((frame) => Math.round((frame * 1001 * sampleRate) / 30_000));
        const part = await wholeSound(mixSound(sequence, { start, end }, soundOf, sampleRate));
        expect(alike(part, waveformPart(whole, first, last))).toBe(true);
      }),
      { numRuns: 20 },
    );
    asked.length = 0;
    await mixed.read(10_000, 11_000);
    // A thousand samples of the mix take 1.5, 0.92 and 0.74 thousand of the files, and those around them.
    expect(Math.max(...asked)).toBeLessThan(1700);
    expect(asked).toHaveLength(3);
  });
});
