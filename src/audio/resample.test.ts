import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { resample, signalToNoise, type Waveform } from '.';

/** Three tones, as long as asked. */
function tones(sampleRate: number, samples: number): Waveform {
  const parts = [
    [440, 0.4, 0],
    [3100, 0.2, 1],
    [5500, 0.1, 2],
  ] as const;
  const at = (sample: number): number =>
    parts.reduce(
      (sum, [frequency, amplitude, phase]) => sum + amplitude * Math.sin((2 * Math.PI * frequency * sample) / sampleRate + phase),
      0,
    );
  return { sampleRate, channels: [Float32Array.from({ length: samples }, (_, sample) => at(sample))] };
}

/** Without what the silence beyond the ends touches. */
const middle = ({ sampleRate, channels }: Waveform, seconds: number): Waveform => ({
  sampleRate,
  channels: channels.map((samples) => samples.subarray(Math.round(seconds * sampleRate), -Math.round(seconds * sampleRate))),
});

const PAIRS = [
  [16000, 48000],
  [24000, 48000],
  [44100, 48000],
  [48000, 44100],
  [48000, 16000],
  [22050, 44100],
  [44099, 48000],
] as const;

it.each(PAIRS)('%i to %i is the same sound: 90 dB of signal to noise', (from, to) => {
  const result = resample(tones(from, from), to);
  expect(result.channels[0].length).toBe(to);
  const ratio = signalToNoise(middle(tones(to, to), 0.01), middle(result, 0.01));
  console.log(`${from} to ${to}: ${ratio.toFixed(1)} dB`);
  expect(ratio).toBeGreaterThan(90);
});

it('removes what the lower rate cannot hold', () => {
  const high: Waveform = {
    sampleRate: 48000,
    channels: [Float32Array.from({ length: 48000 }, (_, at) => Math.sin((2 * Math.PI * 9000 * at) / 48000))],
  };
  const [low] = middle(resample(high, 16000), 0.05).channels;
  expect(20 * Math.log10(Math.max(...low.map(Math.abs)))).toBeLessThan(-90);
});

const fixtureSchema = z.record(
  z.string(),
  z.object({ inputSamples: z.number(), samples: z.number(), stride: z.number(), everyStride: z.array(z.number()) }),
);

// soxr 1.1.0 of Python, quality VHQ; its figures have six places.
it('agrees with soxr', () => {
  const cases = fixtureSchema.parse(JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/soxr.json`, 'utf8')));
  for (const [name, expected] of Object.entries(cases)) {
    const [from, to] = name.split('-').map(Number);
    const [samples] = resample(tones(from, expected.inputSamples), to).channels;
    expect(Math.abs(samples.length - expected.samples)).toBeLessThanOrEqual(1);
    const edge = Math.ceil((to * 0.01) / expected.stride);
    for (const [place, value] of expected.everyStride.entries()) {
      if (place < edge || place >= expected.everyStride.length - edge) continue;
      expect(Math.abs(samples[place * expected.stride] - value)).toBeLessThan(2e-4);
    }
  }
});

it('gives the same sound for its own rate, and refuses rates that are none', () => {
  const sound = tones(8000, 80);
  expect(resample(sound, 8000)).toBe(sound);
  for (const rate of [0, -1, 1.5, NaN]) expect(() => resample(sound, rate)).toThrow('no sampling rate');
});
