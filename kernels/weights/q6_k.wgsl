// Rows of GGUF Q6_K blocks of 256: 128 bytes of the lower 4 bits, 64 bytes of the upper 2, 16 signed scales, an f16 factor d:
// d * scale * (code - 32). Layout: all blocks without their factor, 52 words each; then the factors, two a word.
// Preconditions: inner % 256 = 0.

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
  return WeightRow(row * blocks, rows * blocks * 52u);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row.block + i / 256u;
  let first = block * 52u;
  // Each half of 128 has four quarters of 32. Lower bits: quarters 0 and 1 are the lower halves of 64 bytes, 2 and 3 the upper ones.
  // Upper bits: two of each of 32 bytes, by quarter.
  let half = i % 256u / 128u;
  let quarter = i % 128u / 32u;
  let word = i % 32u / 4u;
  let low = (weights[first + half * 16u + (quarter & 1u) * 8u + word] >> (quarter / 2u * 4u)) & 0x0f0f0f0fu;
  let high = ((weights[first + 32u + half * 8u + word] >> (quarter * 2u)) & 0x03030303u) << 4u;
  let codes = vec4f((vec4u(low | high) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu)) - 32.0;
  let part = i % 256u / 16u;
  let scale = (bitcast<i32>(weights[first + 48u + part / 4u]) << ((3u - (part & 3u)) * 8u)) >> 24u;
  return codes * (f32(scale) * unpack2x16float(weights[row.factors + block / 2u])[block & 1u]);
}
