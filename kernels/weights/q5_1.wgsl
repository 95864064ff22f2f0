// Rows of GGUF Q5_1 blocks: f16 factor and minimum, then 32 5-bit integers: scale * code + minimum. A word has the fifth bits, bit k that
// of element k; byte k of the 16 that follow holds the lower bits of element k in its lower half and those of element k + 16 in its
// upper one. Layout: the blocks as they are, 6 words each. Preconditions: inner % 32 = 0.

import package::types::T2;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

// Index of the row's first word.
alias WeightRow = u32;

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  return row * (inner / 32u) * 6u;
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row + i / 32u * 6u;
  let line = unpack2x16float(weights[block]);
  let low = (vec4u(weights[block + 2u + i % 16u / 4u] >> ((i & 16u) / 4u)) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u);
  let fifth = ((vec4u(weights[block + 1u] >> (i % 32u)) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u)) << vec4u(4u);
  return vec4f(low | fifth) * line.x + line.y;
}
