// Rows of GGUF Q2_K blocks of 256: 16 bytes with a scale and a minimum of 4 bits each, 64 bytes of 2-bit codes, f16 d and dmin:
// d * scale * code - dmin * minimum. Layout: the blocks as they are, 21 words each.
// Preconditions: inner % 256 = 0.

import package::types::T2;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

// Index of the row's first word.
alias WeightRow = u32;

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  return row * (inner / 256u) * 21u;
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row + i / 256u * 21u;
  // A part of 16 has a byte of factors; each half of 128 has four quarters of 32, two bits each of the same 32 bytes.
  let part = i % 256u / 16u;
  let pair = weights[block + part / 4u] >> ((part & 3u) * 8u);
  let line = unpack2x16float(weights[block + 20u]) * vec2f(vec2u(pair, pair >> 4u) & vec2u(15u));
  let bytes = weights[block + 4u + i % 256u / 128u * 8u + i % 32u / 4u] >> (i % 128u / 32u * 2u);
  return vec4f((vec4u(bytes) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(3u)) * line.x - line.y;
}
