// Rows of GGUF Q8_0 blocks: 32 signed bytes and an f16 factor. Layout: the bytes of all blocks, 8 words each; then the factors, two a
// word.
// Preconditions: inner % 32 = 0.

import package::types::T2;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

struct WeightRow {
  // Number of the row's first block.
  block: u32,
  // Index of the word with the first two factors.
  scales: u32,
}

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  let blocks = inner / 32u;
  return WeightRow(row * blocks, rows * blocks * 8u);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row.block + i / 32u;
  let codes = vec4i(bitcast<i32>(weights[block * 8u + i % 32u / 4u])) << vec4u(24u, 16u, 8u, 0u);
  return vec4f(codes >> vec4u(24u)) * unpack2x16float(weights[row.scales + block / 2u])[block & 1u];
}
