import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import librosa from './fixtures/librosa.json';
import { frequencyOfMel, logMelSpectrogram, melFilters, melOfFrequency } from './mel';

/** As tools/audio-fixtures/make_mel.py makes it. */
function channel(seed: number): Float32Array {
  let state = BigInt(seed);
  return Float32Array.from({ length: librosa.samples }, (_, n) => {
    state = (state * 1103515245n + 12345n) % 2n ** 31n;
    const tone = Math.sin((2 * Math.PI * (300 + seed + n / 4) * n) / librosa.sampleRate);
    return 0.4 * tone + 0.05 * (Number(state) / 2 ** 30 - 1);
  });
}

const { sampleRate, frameLength, hopLength, melBins } = librosa;
const options = { sampleRate, frameLength, hopLength, melBins };

describe("librosa's figures", () => {
  test('log-mel spectrogram of two channels', () => {
    const { shape, data } = logMelSpectrogram({ sampleRate, channels: librosa.seeds.map(channel) }, options);
    expect(shape).toEqual([2, 13, 64]);
    const expected = librosa.logMel.flat(2);
    expect(data.length).toBe(expected.length);
    const worst = Math.max(...expected.map((value, k) => Math.abs(value - data[k])));
    expect(worst).toBeLessThan(2e-5);
  });

  test('mel filters', () => {
    const filters = melFilters(options);
    const bins = frameLength / 2 + 1;
    const rows = Array.from({ length: melBins }, (_, row) => filters.subarray(row * bins, (row + 1) * bins));
    rows.forEach((row, k) => {
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(librosa.filterSums[k], 7);
      expect(row.indexOf(Math.max(...row))).toBe(librosa.filterPeaks[k]);
    });
  });
});

test('the mel scale is undone by its inverse', () => {
  for (const hertz of [0, 20, 999, 1000, 1001, 4000, 20000]) expect(frequencyOfMel(melOfFrequency(hertz))).toBeCloseTo(hertz, 8);
});

test('silence is ln 1e-5 everywhere', () => {
  const { data } = logMelSpectrogram({ sampleRate, channels: [new Float32Array(2000)] }, options);
  expect(new Set(data)).toEqual(new Set([Math.fround(Math.log(1e-5))]));
});

test('another rate, no frame, and channels of two lengths are refused in words', () => {
  const of = (rate: number, ...channels: Float32Array[]) => logMelSpectrogram({ sampleRate: rate, channels }, options);
  expect(() => of(44100, new Float32Array(2000))).toThrow(/expected 16000 Hz; found 44100 Hz/);
  expect(() => of(sampleRate, new Float32Array(512))).toThrow(/more than 512 samples/);
  expect(() => of(sampleRate, new Float32Array(2000), new Float32Array(2001))).toThrow(AiprodError);
  expect(() => of(sampleRate)).toThrow(/found none/);
});
