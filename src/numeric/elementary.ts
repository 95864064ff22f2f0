/**
 * Elementary functions whose bits do not depend on the engine.
 *
 * ECMAScript fixes `+ - * / Math.sqrt` to the last bit (IEEE 754) but leaves `Math.exp`, `Math.log` and `Math.pow`
 * implementation-defined. Noise and schedules must be the same on every machine, so they use these instead: built from
 * exact operations only, accurate to a few units in the last place of a double.
 */

/** ln 2 split in a part with trailing zero bits, so that `k * LN2_HIGH` is exact for |k| < 2^20, and the rest. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** `e^x - 1` by its Taylor series; for |x| <= 0.35 eighteen terms reach double precision. */
function expm1Series(x: number): number {
  let sum = 0;
  for (let n = 18; n >= 1; n--) sum = ((1 + sum) * x) / n;
  return sum;
}

/** `2^k` for any integer k, by exact multiplications (0 or Infinity outside the range of doubles). */
function powerOfTwo(k: number): number {
  let result = 1;
  const factor = k < 0 ? 0.5 : 2;
  for (let i = Math.abs(k); i > 0; i--) result *= factor;
  return result;
}

/** `e^x`. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.78) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.round(x / (LN2_HIGH + LN2_LOW));
  const rest = x - k * LN2_HIGH - k * LN2_LOW;
  const mantissa = 1 + expm1Series(rest);
  // Two factors keep 2^k finite where e^x itself still is (k = 1024) and above zero for subnormal results.
  const half = Math.trunc(k / 2);
  return mantissa * powerOfTwo(half) * powerOfTwo(k - half);
}

/** `e^x - 1` without cancellation near 0. */
export function expm1(x: number): number {
  return Math.abs(x) <= 0.35 ? expm1Series(x) : exp(x) - 1;
}

/** Natural logarithm; `-Infinity` at 0, NaN below. By `log m = 2 artanh((m - 1) / (m + 1))` for m in [0.7, 1.42). */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  let m = x;
  let k = 0;
  while (m >= Math.SQRT2) {
    m *= 0.5;
    k++;
  }
  while (m < Math.SQRT1_2) {
    m *= 2;
    k--;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let tail = 0;
  for (let n = 25; n >= 3; n -= 2) tail = (tail + 1 / n) * square;
  return k * LN2_HIGH + (k * LN2_LOW + (2 * s + 2 * s * tail));
}

/** `x^y` for x >= 0 (relative error about |y log x| times 1e-16). */
export function pow(x: number, y: number): number {
  if (x === 0) return y === 0 ? 1 : y > 0 ? 0 : Infinity;
  return exp(y * log(x));
}
