/** Mean and unbiased standard deviation (divisor n - 1) of a range, accumulated in doubles, as f32 numbers. */
export function meanAndStd(data: Float32Array, start: number, end: number): { mean: number; std: number } {
  let sum = 0;
  for (let i = start; i < end; i++) sum += data[i];
  const mean = sum / (end - start);
  let squares = 0;
  for (let i = start; i < end; i++) squares += (data[i] - mean) ** 2;
  return { mean: Math.fround(mean), std: Math.fround(Math.sqrt(squares / (end - start - 1))) };
}
