import { checkFinite, checkLength, checkRows, clamp, roundHalfEven, type Codec } from './codec';
import { fitSymmetric } from './fit-scale';

const int8Layout = { blockElements: 1, blockBytes: 1 } as const;

/** Symmetric 8-bit integers with a scale per row (output channel): scale = largest magnitude / 127, codes rounded half to even. */
export const int8: Codec = {
  ...int8Layout,
  scales: 'row',
  decode(bytes, count) {
    checkLength(bytes, count, int8Layout);
    return Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, count));
  },
  encode(values, rowLength) {
    checkRows(values, rowLength, 1, 'int8');
    checkFinite(values, 'int8');
    const codes = new Int8Array(values.length);
    const scales = new Float32Array(values.length / rowLength);
    for (let row = 0; row < scales.length; row++) {
      const start = row * rowLength;
      let largest = 0;
      for (let k = start; k < start + rowLength; k++) largest = Math.max(largest, Math.abs(values[k]));
      const scale = Math.fround(largest / 127);
      scales[row] = scale;
      if (scale === 0) continue;
      for (let k = start; k < start + rowLength; k++) codes[k] = clamp(roundHalfEven(Math.fround(values[k] / scale)), -127, 127);
    }
    return { bytes: new Uint8Array(codes.buffer), scales };
  },
};

const int4Layout = { blockElements: 2, blockBytes: 1 } as const;
/** Codes are stored with this added, as 0 to 15. */
const int4Offset = 8;

/**
 * 4-bit integers with a scale, and perhaps a zero point, per group of 32, 64 or 128 values of a row:
 * value = scale * (code - zero) with codes from -8 to 7. A byte holds two neighbours, the first in its lower half, each
 * code with 8 added.
 */
export const int4: Codec = {
  ...int4Layout,
  scales: 'group',
  decode(bytes, count) {
    checkLength(bytes, count, int4Layout);
    const result = new Float32Array(count);
    for (let k = 0; k < count; k++) result[k] = ((bytes[k >> 1] >> ((k & 1) * 4)) & 15) - int4Offset;
    return result;
  },
  encode(values, rowLength, { groupSize = 32, zeros: withZeros = false } = {}) {
    checkRows(values, rowLength, groupSize, `int4 in groups of ${groupSize}`);
    checkFinite(values, 'int4');
    const groups = values.length / groupSize;
    const bytes = new Uint8Array(values.length / 2);
    const scales = new Float32Array(groups);
    const zeros = new Float32Array(groups);
    const codes = new Int8Array(groupSize);
    for (let group = 0; group < groups; group++) {
      const own = values.subarray(group * groupSize, (group + 1) * groupSize);
      if (withZeros) [scales[group], zeros[group]] = spanGroup(own, codes);
      else scales[group] = fitSymmetric(own, 8, codes);
      for (let k = 0; k < groupSize; k += 2) {
        bytes[(group * groupSize + k) / 2] = (codes[k] + int4Offset) | ((codes[k + 1] + int4Offset) << 4);
      }
    }
    return withZeros ? { bytes, scales, zeros } : { bytes, scales };
  },
};

/** Codes that span a group from its smallest to its largest value, 0 among them so that it stays exact. */
function spanGroup(values: Float32Array, codes: Int8Array): [scale: number, zero: number] {
  let low = 0;
  let high = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = Math.fround((high - low) / 15);
  if (scale === 0) {
    codes.fill(0);
    return [0, 0];
  }
  const zero = clamp(Math.round(-low / scale) - int4Offset, -8, 7);
  for (let k = 0; k < values.length; k++) codes[k] = clamp(Math.round(values[k] / scale) + zero, -8, 7);
  return [scale, zero];
}
