// Rows of GGUF Q4_0 blocks: 32 4-bit integers and an f16 factor: scale * (code - 8). Byte k of a block holds element k in its lower
// half and element k + 16 in its upper one. Layout: the bytes of all blocks, 4 words each; then the factors, two a word.
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
  return WeightRow(row * blocks, rows * blocks * 4u);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row.block + i / 32u;
  let bytes = weights[block * 4u + i % 16u / 4u] >> ((i & 16u) / 4u);
  let codes = vec4f((vec4u(bytes) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u));
  return (codes - 8.0) * unpack2x16float(weights[row.scales + block / 2u])[block & 1u];
}
