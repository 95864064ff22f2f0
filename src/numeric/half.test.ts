import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloatToFloatArray, floatToBfloatArray, floatToHalf, floatToHalfArray, halfToFloat, halfToFloatArray } from './half';

/** IEEE 754-2019 table 3.3: binary16 has 5 exponent bits, bias 15, 10 fraction bits. Written apart from the code under test. */
function binary16(bits: number): number {
  const digits = bits.toString(2).padStart(16, '0');
  const exponent = parseInt(digits.slice(1, 6), 2);
  const fraction = parseInt(digits.slice(6), 2) / 1024;
  const magnitude =
    exponent === 31 ? (fraction === 0 ? Infinity : NaN) : exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
  return digits.startsWith('1') ? -magnitude : magnitude;
}

const allHalves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The half nearest to a number, found by bisection over the finite positive halves; ties go to the even one. */
function nearestHalf(value: number): number {
  if (Number.isNaN(value)) return NaN;
  const sign = Object.is(Math.sign(value), -0) || value < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  let low = 0;
  let high = 0x7c00;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (binary16(middle) <= magnitude) low = middle;
    else high = middle;
  }
  if (magnitude === Infinity) return sign | 0x7c00;
  // The step above the largest finite half counts as 65536 when rounding.
  const above = high === 0x7c00 ? 65536 : binary16(high);
  const below = binary16(low);
  const toBelow = magnitude - below;
  const toAbove = above - magnitude;
  return sign | (toBelow < toAbove || (toBelow === toAbove && (low & 1) === 0) ? low : high);
}

describe('f16', () => {
  it('reads all 65,536 bit patterns as IEEE 754 says', () => {
    const read = halfToFloatArray(allHalves);
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++) {
      if (!Object.is(read[bits], binary16(bits)) || !Object.is(halfToFloat(bits), binary16(bits))) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('gives every bit pattern back, NaN staying NaN', () => {
    const back = floatToHalfArray(halfToFloatArray(allHalves));
    const wrong = allHalves.filter((bits) => (Number.isNaN(binary16(bits)) ? !Number.isNaN(binary16(back[bits])) : back[bits] !== bits));
    expect([...wrong]).toEqual([]);
  });

  it('rounds every midpoint between neighbours to the even one, and its neighbours in f32 to the nearer one', () => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    let wrong = 0;
    for (let low = 0; low < 0x7c00; low++) {
      const above = low === 0x7bff ? 65536 : binary16(low + 1);
      float[0] = (binary16(low) + above) / 2;
      const middle = bits[0];
      const even = (low & 1) === 0 ? low : low + 1;
      if (floatToHalf(float[0]) !== even || floatToHalf(-float[0]) !== (even | 0x8000)) wrong++;
      bits[0] = middle - 1;
      if (floatToHalf(float[0]) !== low) wrong++;
      bits[0] = middle + 1;
      if (floatToHalf(float[0]) !== low + 1) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('agrees with a search for the nearest half on any f32', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(floatToHalf(value)).toBe(nearestHalf(value));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('bf16', () => {
  it('reads all 65,536 bit patterns as the upper half of an f32', () => {
    const read = bfloatToFloatArray(allHalves);
    const view = new DataView(new ArrayBuffer(4));
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++) {
      view.setUint32(0, bits * 65536);
      if (!Object.is(read[bits], view.getFloat32(0))) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('gives every bit pattern back, NaN staying NaN', () => {
    const read = bfloatToFloatArray(allHalves);
    const back = floatToBfloatArray(read);
    const readBack = bfloatToFloatArray(back);
    const wrong = allHalves.filter((bits) => (Number.isNaN(read[bits]) ? !Number.isNaN(readBack[bits]) : back[bits] !== bits));
    expect([...wrong]).toEqual([]);
  });

  it('rounds to the nearest, ties to even', () => {
    const at = (word: number): number => {
      const float = new Float32Array(new Uint32Array([word]).buffer);
      return floatToBfloatArray(float)[0];
    };
    expect(at(0x3f808000)).toBe(0x3f80);
    expect(at(0x3f818000)).toBe(0x3f82);
    expect(at(0x3f808001)).toBe(0x3f81);
    expect(at(0x3f807fff)).toBe(0x3f80);
    expect(at(0x7f7fffff)).toBe(0x7f80);
    expect(at(0xff7fffff)).toBe(0xff80);
    expect(at(0x00000001)).toBe(0x0000);
    expect(at(0x00018000)).toBe(0x0002);
  });
});
