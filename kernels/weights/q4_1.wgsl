// Rows of GGUF Q4_1 blocks: f16 factor and minimum, then 32 4-bit integers: scale * code + minimum. Byte k of the codes holds element k
// in its lower half and element k + 16 in its upper one. Layout: the blocks as they are, 5 words each.
// Preconditions: inner % 32 = 0.

import package::types::T2;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

// Index of the row's first word.
alias WeightRow = u32;

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  return row * (inner / 32u) * 5u;
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row + i / 32u * 5u;
  let line = unpack2x16float(weights[block]);
  let bytes = weights[block + 1u + i % 16u / 4u] >> ((i & 16u) / 4u);
  return vec4f((vec4u(bytes) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u)) * line.x + line.y;
}
