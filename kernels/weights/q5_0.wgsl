// Rows of GGUF Q5_0 blocks: 32 5-bit integers and an f16 factor: scale * (code - 16). A word has the fifth bits, bit k that of element k;
// byte k of the 16 that follow holds the lower bits of element k in its lower half and those of element k + 16 in its upper one.
// Layout: all blocks without their factor, 5 words each; then the factors, two a word. Preconditions: inner % 32 = 0.

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
  return WeightRow(row * blocks, rows * blocks * 5u);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row.block + i / 32u;
  let first = block * 5u;
  let low = (vec4u(weights[first + 1u + i % 16u / 4u] >> ((i & 16u) / 4u)) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u);
  let fifth = ((vec4u(weights[first] >> (i % 32u)) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u)) << vec4u(4u);
  return (vec4f(low | fifth) - 16.0) * unpack2x16float(weights[row.scales + block / 2u])[block & 1u];
}
