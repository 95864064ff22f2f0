import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { normalFixedPoint, normalQuantileTable, philox, QUANTILE_TABLE_LENGTH, randomNormal } from './random';

const sha256 = (data: Float32Array | Int32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

/** Phi(z) by the rational approximation 7.1.26 of Abramowitz and Stegun (|error| < 1.5e-7): not the code under test. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-x * x);
  return z < 0 ? 0.5 * (1 - erf) : 0.5 * (1 + erf);
}

function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
}

const QUANTILES = [
  [0, 6.3379577545537895],
  [1, 6.166429517819751],
  [2, 6.085104545783031],
  [3, 6.030967019118252],
  [5, 5.957507662988573],
  [17, 5.765345499723943],
  [100, 5.463062554389539],
  [1000, 5.0398511259687115],
  [12345, 4.535422762090428],
  [99999, 4.072226338409969],
  [1048576, 3.4871039765916905],
  [16789561, 2.659819714657631],
  [134217735, 1.8627318426107633],
  [305419896, 1.4675657314922324],
  [536870913, 1.1503493786794332],
  [1073741823, 0.6744897505624251],
  [1073741824, 0.6744897498297384],
  [1073840589, 0.6744173878013833],
  [1800000001, 0.20420882175223645],
  [2146483648, 0.000583619615904679],
  [2147483646, 8.754298118749868e-10],
  [2147483647, 2.918099372916623e-10],
] as const;

describe('philox', () => {
  // Known answers of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the published answer for counter %j, key %j', (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
  });
});

describe('the fixed-point quantile', () => {
  // -Phi^-1((2m + 1) / 2^33), computed with mpmath at 40 digits.
  test.each(QUANTILES)('of magnitude %i is %f', (magnitude, z) => {
    const table = normalQuantileTable();
    const positive = normalFixedPoint(magnitude, table);
    expect(Math.abs(positive / 2 ** 21 - z)).toBeLessThan(4e-7); // half a unit of 2^-21 and the parabola's error
    expect(normalFixedPoint((magnitude | 0x80000000) >>> 0, table)).toBe(positive === 0 ? 0 : -positive);
  });

  // The three products are cut to whole numbers one by one, so neighbours may be one unit the wrong way round: 1945 of all
  // 2^31 - 1 pairs are, none by more (counted once, pair by pair).
  test('never rises with the magnitude by more than a unit of rounding, also across segments and octaves', () => {
    const table = normalQuantileTable();
    const rise = (m: number): number => normalFixedPoint(m + 1, table) - normalFixedPoint(m, table);
    expect(rise(1659950229)).toBe(1);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7ffffffe }), (m) => {
        expect(rise(m)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 20000 },
    );
    // Over a distance that the rounding cannot hide, never at all.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7ffffffe - 0x10000 }), (m) => {
        expect(normalFixedPoint(m + 0x10000, table)).toBeLessThanOrEqual(normalFixedPoint(m, table));
      }),
    );
    for (let octave = 1; octave < 31; octave++) expect(rise(2 ** octave - 1)).toBeLessThanOrEqual(0);
  });

  // The two pinned hashes were also computed by an independent implementation in another language, its table rounded from
  // arbitrary-precision quantiles.
  test('comes from a table that is the same in every engine', () => {
    const table = normalQuantileTable();
    expect(table).toHaveLength(QUANTILE_TABLE_LENGTH);
    expect(sha256(table)).toBe('5a5e45e47a3edb5a393f12c9860e42c72c8be59bc60c1eebe24fc31a69fa6d5f');
  });
});

describe('randomNormal', () => {
  const count = 1 << 20;
  const noise = randomNormal(20261, 0, count);

  test('has the golden bits', () => {
    expect(sha256(randomNormal(42, 0, 4096))).toBe('2c7ac02b2fb6ae8ee31e0c82ff0b0c6b9d674ae57080df6a0aeeb601915adc1f');
    expect(Array.from(randomNormal(42, 0, 4))).toEqual([-1.2109365463256836, 0.07882356643676758, 1.4521369934082031, 0.4101128578186035]);
  });

  test('has the moments of a standard normal', () => {
    const moment = [0, 0, 0, 0];
    for (const z of noise) for (let k = 0; k < 4; k++) moment[k] += z ** (k + 1) / count;
    // Five standard errors: 1, sqrt 2, sqrt 15, sqrt 96 over sqrt count.
    const bound = 5 / Math.sqrt(count);
    expect(Math.abs(moment[0])).toBeLessThan(bound);
    expect(Math.abs(moment[1] - 1)).toBeLessThan(bound * Math.sqrt(2));
    expect(Math.abs(moment[2])).toBeLessThan(bound * Math.sqrt(15));
    expect(Math.abs(moment[3] - 3)).toBeLessThan(bound * Math.sqrt(96));
  });

  test('passes Kolmogorov-Smirnov against the normal distribution', () => {
    const sorted = Float32Array.from(noise).sort();
    let distance = 0;
    for (let i = 0; i < count; i++) {
      const cdf = normalCdf(sorted[i]);
      distance = Math.max(distance, Math.abs(cdf - i / count), Math.abs(cdf - (i + 1) / count));
    }
    expect(distance * Math.sqrt(count)).toBeLessThan(1.628); // the 1% critical value
  });

  test('has the tail of a normal on both sides', () => {
    // P(|z| > 4) = 6.334e-5: 66.4 expected of 2^20, standard deviation 8.15.
    let high = 0;
    let low = 0;
    for (const z of noise) {
      if (z > 4) high++;
      if (z < -4) low++;
    }
    expect(Math.abs(high + low - 66.4)).toBeLessThan(5 * 8.15);
    expect(Math.min(high, low)).toBeGreaterThan(10);
  });

  test('is independent between neighbours, streams and seeds', () => {
    const bound = 5 / Math.sqrt(count);
    for (const lag of [1, 2, 3, 4, 64]) {
      expect(Math.abs(correlation(noise.subarray(0, count - lag), noise.subarray(lag)))).toBeLessThan(bound * 1.01);
    }
    expect(Math.abs(correlation(noise, randomNormal(20261, 1, count)))).toBeLessThan(bound);
    expect(Math.abs(correlation(noise, randomNormal(20262, 0, count)))).toBeLessThan(bound);
    expect(Math.abs(correlation(noise, randomNormal(20261n + (1n << 32n), 0, count)))).toBeLessThan(bound);
  });

  test('makes any part of a stream on its own', () => {
    const whole = randomNormal(7, 3, 5000);
    fc.assert(
      fc.property(fc.nat(4999), fc.nat(400), (offset, length) => {
        const end = Math.min(5000, offset + length);
        expect(randomNormal(7, 3, end - offset, offset)).toEqual(whole.slice(offset, end));
      }),
      { numRuns: 200 },
    );
    // Past 2^34 elements the counter carries into its second word instead of repeating.
    expect(randomNormal(7, 3, 8, 2 ** 34)).not.toEqual(whole.slice(0, 8));
  });

  test('takes the same seed as number or bigint, and refuses what is not a seed', () => {
    expect(randomNormal(5n, 0, 16)).toEqual(randomNormal(5, 0, 16));
    expect(randomNormal(2n ** 64n - 1n, 0, 4)).toHaveLength(4);
    for (const seed of [-1, 1.5, NaN, 2 ** 53, -1n, 2n ** 64n]) {
      expect(() => randomNormal(seed, 0, 1)).toThrow(AiprodError);
    }
    expect(() => randomNormal(1, -1, 1)).toThrow(/stream/);
    expect(() => randomNormal(1, 0, 0.5)).toThrow(/count/);
    expect(() => randomNormal(1, 0, 1, -4)).toThrow(/offset/);
  });
});
