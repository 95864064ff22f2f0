/** IEEE 754 half precision (f16) and bfloat16 to and from f32. Exact where the value fits, else rounded to nearest, ties to even. */

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

/** The f16 bits nearest to a number; beyond 65504 (by half a unit) it becomes infinity. */
export function floatToHalf(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  // 65520 and more rounds to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // Subnormal: a multiple of 2^-24, so scale by 2^24 (exact) and round to an integer; below half a step it is zero.
  if (magnitude < 0x33000000) return sign;
  floatView[0] = 0;
  bitsView[0] = magnitude;
  const scaled = floatView[0] * 16777216;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return sign | (rest > 0.5 || (rest === 0.5 && (floor & 1) === 1) ? floor + 1 : floor);
}

/** The number that f16 bits stand for. */
export function halfToFloat(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

let halfTable: Float32Array | undefined;

/** All 65,536 values, made on first use. */
function halfValues(): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, half) => halfToFloat(half));
  return halfTable;
}

/** Values of f16 bits, exact. */
export function halfToFloatArray(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const table = halfValues();
  const result = new Float32Array(halves.length);
  for (let k = 0; k < halves.length; k++) result[k] = table[halves[k]];
  return result;
}

/** Nearest f16 bits of each value, ties to even. */
export function floatToHalfArray(values: Float32Array): Uint16Array<ArrayBuffer> {
  const result = new Uint16Array(values.length);
  for (let k = 0; k < values.length; k++) result[k] = floatToHalf(values[k]);
  return result;
}

/** Values of bfloat16 bits, exact: bfloat16 is the upper half of an f32. */
export function bfloatToFloatArray(bfloats: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(bfloats.length);
  for (let k = 0; k < bfloats.length; k++) bits[k] = bfloats[k] << 16;
  return new Float32Array(bits.buffer);
}

/** Nearest bfloat16 bits of each value, ties to even. */
export function floatToBfloatArray(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const word = bits[k];
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    result[k] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return result;
}
