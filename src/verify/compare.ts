import type { Comparison, GoldenTensor } from '../golden';

/** One line of a verification report. */
export interface TensorCheck {
  readonly name: string;
  /** Largest absolute difference of two elements. */
  readonly largestAbsolute: number;
  /** Norm of the difference over norm of the expected tensor (relative L2); for integers the share that differs. */
  readonly relative: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /** Why it failed when no number says so, e.g. a wrong length. */
  readonly note?: string;
}

/** Compares a tensor with its reference: floats by relative L2 error, integers exactly. NaN anywhere fails. */
export function checkTensor(comparison: Comparison, tolerance: number): TensorCheck {
  const { name, actual, expected } = comparison;
  const wanted = asNumbers(expected);
  if (actual.length !== wanted.length) {
    const note = `expected ${wanted.length} elements of [${expected.shape.join(', ')}], found ${actual.length}`;
    return { name, largestAbsolute: Infinity, relative: Infinity, tolerance, passed: false, note };
  }
  return isInteger(expected) ? checkIntegers(name, actual, wanted) : checkFloats(name, actual, wanted, tolerance);
}

function isInteger(tensor: GoldenTensor): boolean {
  return !/^(float|bfloat)/.test(tensor.dtype);
}

function asNumbers(tensor: GoldenTensor): ArrayLike<number> {
  return tensor.data instanceof BigInt64Array ? Array.from(tensor.data, Number) : tensor.data;
}

function checkIntegers(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): TensorCheck {
  let largest = 0;
  let different = 0;
  for (let k = 0; k < expected.length; k++) {
    const difference = Math.abs(actual[k] - expected[k]);
    if (!(difference === 0)) different++;
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  const relative = expected.length === 0 ? 0 : different / expected.length;
  return { name, largestAbsolute: largest, relative, tolerance: 0, passed: different === 0 };
}

function checkFloats(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): TensorCheck {
  let largest = 0;
  let squaredDifference = 0;
  let squaredExpected = 0;
  for (let k = 0; k < expected.length; k++) {
    const difference = sameSpecial(actual[k], expected[k]) ? 0 : actual[k] - expected[k];
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : Math.abs(difference));
    squaredDifference += difference * difference;
    if (Number.isFinite(expected[k])) squaredExpected += expected[k] * expected[k];
  }
  // An expected tensor of zeros has no relative error: then the absolute norm must be within the tolerance.
  const relative = squaredExpected === 0 ? Math.sqrt(squaredDifference) : Math.sqrt(squaredDifference / squaredExpected);
  const passed = relative <= tolerance;
  return { name, largestAbsolute: largest, relative: Number.isNaN(relative) ? Infinity : relative, tolerance, passed };
}

/** Infinities of the same sign, and NaN where the reference has NaN, are equal. */
function sameSpecial(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
