// Rows of GGUF Q3_K blocks of 256: 32 bytes whose bit j is the third bit of part j of 32, 64 bytes of the lower 2 bits, 16 scales of 6 bits
// in 12 bytes, an f16 factor d: d * (scale - 32) * (code - 4). Layout: all blocks without their factor, 27 words each; then the
// factors, two a word. Preconditions: inner % 256 = 0.

import package::types::T2;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

struct WeightRow {
  // Number of the row's first block.
  block: u32,
  // Index of the word with the first two factors.
  factors: u32,
}

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  let blocks = inner / 256u;
  return WeightRow(row * blocks, rows * blocks * 27u);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row.block + i / 256u;
  let first = block * 27u;
  let word = i % 32u / 4u;
  // Lower bits: each half of 128 has four quarters of 32, two bits each of the same 32 bytes.
  let low = (weights[first + 8u + i % 256u / 128u * 8u + word] >> (i % 128u / 32u * 2u)) & 0x03030303u;
  let third = ((weights[first + word] >> (i % 256u / 32u)) & 0x01010101u) << 2u;
  let codes = vec4f((vec4u(low | third) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(7u)) - 4.0;
  // The lower 4 bits of a scale are a half of one of the first 8 bytes, the upper 2 a quarter of one of the last 4.
  let part = i % 256u / 16u;
  let shift = (part & 3u) * 8u;
  let lower = (weights[first + 24u + (part & 7u) / 4u] >> (shift + part / 8u * 4u)) & 15u;
  let upper = (weights[first + 26u] >> (shift + part / 4u * 2u)) & 3u;
  let scale = f32(lower | (upper << 4u)) - 32.0;
  return codes * (scale * unpack2x16float(weights[row.factors + block / 2u])[block & 1u]);
}
