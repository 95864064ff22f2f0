import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  integratedLoudness,
  limitTruePeak,
  measureLevels,
  normalizeLoudness,
  peakColumns,
  resample,
  resampledSource,
  signalToNoise,
  truePeak,
  waveformPart,
  waveformPeaks,
  waveformSource,
  wholeSound,
  type Waveform,
} from '.';

const sound = (sampleRate: number, seconds: number, ...of: ((time: number) => number)[]): Waveform => ({
  sampleRate,
  channels: of.map((value) => Float32Array.from({ length: Math.round(sampleRate * seconds) }, (_, at) => value(at / sampleRate))),
});
const sine = (frequency: number, amplitude: number) => (time: number) => amplitude * Math.sin(2 * Math.PI * frequency * time);

/** Loud, then soft: the relative gate leaves the soft half out. */
const gated = (sampleRate: number): Waveform => {
  const envelope = (time: number): number => (time < 2 ? 0.5 : 0.02);
  return sound(
    sampleRate,
    4,
    (time) => envelope(time) * (sine(997, 0.6)(time) + sine(120, 0.4)(time)),
    (time) => envelope(time) * sine(4000, 0.5)(time),
  );
};

// EBU Tech 3341, test cases 1, 2 and 4, and the standard's own statement about a full sine at 997 Hz in one channel.
it('meets test signals of EBU Tech 3341 within 0.1 LU', () => {
  const stereo = (level: number): number => 10 ** (level / 20);
  const at = (...steps: readonly (readonly [number, number])[]) => {
    const total = steps.reduce((sum, [, seconds]) => sum + seconds, 0);
    const value = (time: number): number => {
      let end = 0;
      const [level] = steps.find(([, seconds]) => time < (end += seconds)) ?? [-Infinity, 0];
      return sine(1000, stereo(level))(time);
    };
    return sound(48000, total, value, value);
  };
  expect(Math.abs(integratedLoudness(at([-23, 20])) + 23)).toBeLessThan(0.1);
  expect(Math.abs(integratedLoudness(at([-33, 20])) + 33)).toBeLessThan(0.1);
  expect(Math.abs(integratedLoudness(at([-72, 10], [-36, 10], [-23, 60], [-36, 10], [-72, 10])) + 23)).toBeLessThan(0.1);
  expect(Math.abs(integratedLoudness(sound(48000, 5, sine(997, 1))) + 3.01)).toBeLessThan(0.02);
});

// scipy.signal.lfilter with the coefficients that the standard lists for 48 kHz.
it('agrees with the coefficients that the standard lists, and at other rates with itself', () => {
  const listed = -9.345500307573188;
  expect(integratedLoudness(gated(48000))).toBeCloseTo(listed, 4);
  for (const rate of [16000, 24000, 44100, 96000]) expect(Math.abs(integratedLoudness(gated(rate)) - listed)).toBeLessThan(0.2);
});

it('silence and a blink have no loudness', async () => {
  expect(integratedLoudness(sound(48000, 2, () => 0))).toBe(-Infinity);
  expect(integratedLoudness(sound(48000, 0.3, sine(997, 1)))).toBe(-Infinity);
  const silence = waveformSource(sound(48000, 2, () => 0));
  expect(await normalizeLoudness(silence, { loudness: -23, truePeak: -1 })).toBe(silence);
});

it('finds peaks between samples', () => {
  // A quarter of the rate, 45 degrees off: every sample is 3 dB below the peak.
  const between = sound(48000, 0.5, (time) => Math.sin(2 * Math.PI * 12000 * time + Math.PI / 4));
  expect(20 * Math.log10(Math.max(...between.channels[0]))).toBeCloseTo(-3.01, 1);
  expect(
    truePeak({ ...between, channels: [between.channels[0].map((value, at) => value * Math.min(1, at / 4000, (24000 - at) / 4000))] }),
  ).toBeCloseTo(0, 1);
});

const turned = async (of: Waveform, loudness: number): Promise<Waveform> =>
  wholeSound(await normalizeLoudness(waveformSource(of), { loudness, truePeak: -1 }));

it('turns a sound to a loudness, and limits its peaks', async () => {
  expect(integratedLoudness(await turned(gated(48000), -23))).toBeCloseTo(-23, 3);
  const clicks = sound(48000, 4, (time) => sine(500, 0.05)(time) + (Math.round(time * 48000) % 24000 === 12000 ? 0.9 : 0));
  const loud = await turned(clicks, -16);
  expect(truePeak(loud)).toBeLessThanOrEqual(-1 + 1e-6);
  expect(integratedLoudness(loud)).toBeGreaterThan(-17.5);
  // What lies far from a click is turned up and not limited.
  const ratio = loud.channels[0][30000] / clicks.channels[0][30000];
  expect(loud.channels[0][54000] / clicks.channels[0][54000]).toBeCloseTo(ratio, 3);
  const quiet = sound(48000, 1, sine(500, 0.5));
  expect(await wholeSound(limitTruePeak(waveformSource(quiet), -1))).toEqual(quiet);
  await expect(turned(quiet, 3)).rejects.toThrow('No sound');
});

/** Whether two sounds are alike to the bit. */
const alike = (a: Waveform, b: Waveform): boolean =>
  a.channels.length === b.channels.length &&
  a.channels.every((samples, k) => Buffer.from(samples.slice().buffer).equals(Buffer.from(b.channels[k].slice().buffer)));

it('of any stretches is that of the whole: loudness, limiter, another rate', async () => {
  const clicks = sound(
    12_000,
    2.3,
    (time) => sine(300, 0.4)(time) * (1 + sine(0.7, 0.9)(time)),
    (time) => sine(440, 0.5)(time) + (Math.round(time * 12_000) % 3000 === 1500 ? 0.9 : 0),
  );
  const levels = await measureLevels(waveformSource(clicks));
  expect(levels).toEqual({ loudness: integratedLoudness(clicks), truePeak: truePeak(clicks) });
  const limited = await normalizeLoudness(waveformSource(clicks), { loudness: -12, truePeak: -1 });
  const finer = resampledSource(waveformSource(clicks), 16_000);
  expect(await wholeSound(finer)).toEqual(resample(clicks, 16_000));
  for (const source of [limited, finer]) {
    const whole = await wholeSound(source);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -200, max: source.length }), fc.integer({ min: 0, max: 20_000 }), async (start, count) => {
        expect(alike(await source.read(start, start + count), waveformPart(whole, start, start + count))).toBe(true);
      }),
      { numRuns: 15 },
    );
  }
});

it('measures noise against a reference', () => {
  const reference = sound(48000, 1, sine(500, 0.5));
  const noisy: Waveform = { ...reference, channels: [reference.channels[0].map((value, at) => value + (at % 2 === 0 ? 1e-3 : -1e-3))] };
  expect(signalToNoise(reference, reference)).toBe(Infinity);
  expect(signalToNoise(reference, noisy)).toBeCloseTo(10 * Math.log10(0.125 / 1e-6), 2);
  expect(() => signalToNoise(reference, sound(48000, 1, sine(1, 1), sine(1, 1)))).toThrow('channels');
});

it('draws extremes and power at every zoom', () => {
  const length = 1000;
  const ramp: Waveform = { sampleRate: 1000, channels: [Float32Array.from({ length }, (_, at) => at / length)] };
  const peaks = waveformPeaks(ramp);
  expect(peaks.levels.map(({ minima }) => minima.length)).toEqual([16, 8, 4, 2, 1]);
  const [whole] = peakColumns(peaks, { start: 0, end: 1 }, 1);
  expect(whole.minimum).toBe(0);
  expect(whole.maximum).toBeCloseTo(0.999, 6);
  const top = peaks.levels[4];
  expect(top.rms[0]).toBeCloseTo(Math.sqrt(ramp.channels[0].reduce((sum, value) => sum + value * value, 0) / length), 5);
  const columns = peakColumns(peaks, { start: 0, end: 2 }, 20);
  expect(columns.slice(11).every(({ minimum, maximum, rms }) => minimum === 0 && maximum === 0 && rms === 0)).toBe(true);
  for (const [at, { minimum, maximum }] of columns.slice(0, 10).entries()) {
    expect(minimum).toBeLessThanOrEqual(at / 10 + 1e-6);
    expect(maximum).toBeGreaterThanOrEqual((at + 1) / 10 - 0.002);
  }
});
