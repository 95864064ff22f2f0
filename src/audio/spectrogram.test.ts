import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { realFourier } from './fourier';
import { magnitudeSpectrogram } from './spectrogram';

test('the transform is the sum that defines it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 128, maxLength: 128 }),
      (level, values) => {
        const size = 2 ** level;
        const magnitudes = new Float32Array(size / 2 + 1);
        realFourier(size).magnitudes(Float64Array.from(values.slice(0, size)), magnitudes);
        for (const [bin, magnitude] of magnitudes.entries()) {
          let [re, im] = [0, 0];
          for (let n = 0; n < size; n++) {
            re += values[n] * Math.cos((2 * Math.PI * bin * n) / size);
            im -= values[n] * Math.sin((2 * Math.PI * bin * n) / size);
          }
          expect(magnitude).toBeCloseTo(Math.hypot(re, im), 5);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('a tone stands in its bin, in the frames where it sounds', () => {
  const rate = 8000;
  const tone = Float32Array.from({ length: 4000 }, (_, n) => (n < 2000 ? 0 : Math.sin((2 * Math.PI * 1000 * n) / rate)));
  const { frames, bins, magnitudes } = magnitudeSpectrogram(tone, { frameLength: 256, hopLength: 100 });
  expect([frames, bins]).toEqual([41, 129]);
  const frame = (k: number): Float32Array => magnitudes.subarray(k * bins, (k + 1) * bins);
  expect(Math.max(...frame(10))).toBe(0);
  expect(frame(30).indexOf(Math.max(...frame(30)))).toBe((1000 * 256) / rate);
});

test('sizes other than powers of two are refused', () => {
  for (const size of [0, 1, 3, 96, 2.5]) expect(() => realFourier(size)).toThrow(AiprodError);
});
