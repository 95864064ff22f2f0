/** Noise levels as the timesteps that transformers read. */
export function inThousands(levels: Float32Array): Float32Array {
  return levels.map((sigma) => 1000 * sigma);
}
