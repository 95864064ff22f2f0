/** Norm of the difference over norm of the expected tensor; the norm of the difference where that is zero. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number | bigint>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < actual.length; i++) {
    const value = Number(expected[i]);
    difference += (actual[i] - value) ** 2;
    norm += value ** 2;
  }
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}
