import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { relativeL2 } from '../testing/relative-l2';
import { dequantize, encodings, isEncoding, storedBytes, type Encoding, type EncodedTensor, type EncodeOptions } from '.';

const names = Object.keys(encodings).filter(isEncoding);

/** Numbers near a normal distribution, the same on every run. */
function normalValues(count: number, seed = 1): Float32Array {
  let state = seed;
  const uniform = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  return Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

function roundTrip(encoding: Encoding, values: Float32Array, rowLength: number, options?: EncodeOptions): Float32Array {
  const shape = [values.length / rowLength, rowLength];
  return dequantize({ encoding, shape, ...encodings[encoding].encode(values, rowLength, options) });
}

/** Largest relative L2 error on normal values; about 2^-bits of what a format keeps. */
const errors: readonly { encoding: Encoding; largest: number; options?: EncodeOptions }[] = [
  { encoding: 'f32', largest: 0 },
  { encoding: 'f16', largest: 3e-4 },
  { encoding: 'bf16', largest: 2.5e-3 },
  { encoding: 'fp8_e4m3', largest: 0.028 },
  { encoding: 'fp8_e4m3', largest: 0.028, options: { scaling: 'tensor' } },
  { encoding: 'fp8_e4m3', largest: 0.028, options: { scaling: 'row' } },
  { encoding: 'fp8_e5m2', largest: 0.055 },
  { encoding: 'fp8_e5m2', largest: 0.055, options: { scaling: 'row' } },
  { encoding: 'int8', largest: 0.01 },
  { encoding: 'int4', largest: 0.085 },
  { encoding: 'int4', largest: 0.095, options: { groupSize: 64 } },
  { encoding: 'int4', largest: 0.105, options: { groupSize: 128 } },
  { encoding: 'int4', largest: 0.085, options: { zeros: true } },
  { encoding: 'q8_0', largest: 0.006 },
  { encoding: 'q4_0', largest: 0.09 },
  { encoding: 'q4_1', largest: 0.085 },
  { encoding: 'q5_0', largest: 0.045 },
  { encoding: 'q5_1', largest: 0.04 },
  { encoding: 'q2_k', largest: 0.35 },
  { encoding: 'q3_k', largest: 0.17 },
  { encoding: 'q4_k', largest: 0.08 },
  { encoding: 'q5_k', largest: 0.04 },
  { encoding: 'q6_k', largest: 0.022 },
];

describe('encodings', () => {
  test.each(errors)('$encoding keeps normal values within $largest, $options', ({ encoding, largest, options }) => {
    const values = normalValues(8 * 512);
    const error = relativeL2(roundTrip(encoding, values, 512, options), values);
    expect(error).toBeLessThanOrEqual(largest);
    // A bound that nothing comes near would not notice a bad quantiser.
    if (largest > 0) expect(error).toBeGreaterThan(largest / 3);
  });

  test.each(names)('%s: zeros stay zeros, and bytes are as many as storedBytes says', (encoding) => {
    const values = new Float32Array(2 * 256);
    const { bytes, scales, zeros } = encodings[encoding].encode(values, 256);
    const { blockElements, blockBytes } = encodings[encoding];
    expect(bytes.length).toBe((512 / blockElements) * blockBytes);
    expect(bytes.length + 4 * ((scales?.length ?? 0) + (zeros?.length ?? 0))).toBe(storedBytes(encoding, [2, 256]));
    for (const value of dequantize({ encoding, shape: [2, 256], bytes, scales, zeros })) expect(Math.abs(value)).toBe(0);
  });

  test.each(names)('%s: what was decoded once does not change when it is encoded again', (encoding) => {
    // Formats whose scales are searched may find another way to say it, but never one that is farther away.
    const once = roundTrip(encoding, normalValues(2 * 256, 3), 256);
    expect(relativeL2(roundTrip(encoding, once, 256), once)).toBeLessThanOrEqual(
      errors.find((known) => known.encoding === encoding)?.largest ?? 0,
    );
  });

  test.each(names)('%s decodes any bytes, from any place, and only as many values as wanted', (encoding) => {
    const { blockBytes, blockElements, decode } = encodings[encoding];
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3 * blockBytes, maxLength: 3 * blockBytes }),
        fc.integer({ min: 0, max: 3 * blockElements }),
        (bytes, count) => {
          const shifted = new Uint8Array(bytes.length + 1);
          shifted.set(bytes, 1);
          const values = decode(bytes, count);
          expect(values).toHaveLength(count);
          expect(decode(shifted.subarray(1), count)).toEqual(values);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each(names)('%s encodes whatever is finite and not too large', (encoding) => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -30000, max: 30000 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 256, maxLength: 256 }), (list) => {
        const values = Float32Array.from(list);
        const largest = Math.max(...values.map(Math.abs));
        const back = roundTrip(encoding, values, 256, { scaling: 'row' });
        const worst = Math.max(...back.map((decoded, k) => Math.abs(decoded - values[k])));
        expect(worst / (largest + 1e-4)).toBeLessThan(0.75);
      }),
      { numRuns: 100 },
    );
  });

  test('rows that hold no whole blocks are refused', () => {
    for (const encoding of ['int4', 'q8_0', 'q4_k'] as const) {
      expect(() => encodings[encoding].encode(new Float32Array(80), 40)).toThrow(AiprodError);
    }
  });

  test('values without a code are refused where no code stands for them', () => {
    for (const encoding of names.filter((name) => /^(int|q)/.test(name))) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        expect(() => encodings[encoding].encode(new Float32Array(256).fill(bad, 7, 8), 256)).toThrow(/cannot be stored/);
      }
    }
    expect(() => encodings.q8_0.encode(new Float32Array(32).fill(1e30), 32)).toThrow(/too large/);
  });

  test('too few bytes are refused', () => {
    for (const encoding of names) expect(() => encodings[encoding].decode(new Uint8Array(0), 1)).toThrow(/too few bytes/);
  });

  test('scales that do not fit are refused', () => {
    const tensor: EncodedTensor = { encoding: 'int8', shape: [2, 4], bytes: new Uint8Array(8), scales: new Float32Array(3) };
    expect(() => dequantize(tensor)).toThrow(/expected 2 scales/);
    expect(() => dequantize({ ...tensor, encoding: 'q8_0', shape: [1, 32], bytes: new Uint8Array(34) })).toThrow(/scales/);
  });
});

describe('fp8', () => {
  test('e4m3 saturates, e5m2 goes to infinity', () => {
    const values = Float32Array.of(448, 449, 1e9, -1e9, 57344, 61439, 61440);
    expect([...roundTrip('fp8_e4m3', values, 7)]).toEqual([448, 448, 448, -448, 448, 448, 448]);
    expect([...roundTrip('fp8_e5m2', values, 7)]).toEqual([448, 448, Infinity, -Infinity, 57344, 57344, Infinity]);
  });

  test('every code but NaN encodes to itself', () => {
    for (const encoding of ['fp8_e4m3', 'fp8_e5m2'] as const) {
      const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
      const values = encodings[encoding].decode(codes, 256);
      const again = encodings[encoding].encode(values, 256).bytes;
      for (const code of codes) if (!Number.isNaN(values[code])) expect(again[code]).toBe(code);
    }
  });
});

describe('int4', () => {
  test('a zero point makes values that are all of one sign as fine as any', () => {
    const values = normalValues(512).map((value) => value + 4);
    expect(relativeL2(roundTrip('int4', values, 512, { zeros: true }), values)).toBeLessThan(0.05);
  });
});
