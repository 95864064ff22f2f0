// Rows of GGUF Q5_K blocks of 256: f16 d and dmin; 8 scales and 8 minima of 6 bits in 12 bytes; 32 bytes whose bit j is the fifth bit of
// part j; 128 bytes of the lower 4 bits: d * scale * code - dmin * minimum. Layout: the blocks as they are, 44 words each.
// Preconditions: inner % 256 = 0.

import package::types::T2;
import package::shared::k_scales::k_scale_and_minimum;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

// Index of the row's first word.
alias WeightRow = u32;

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  return row * (inner / 256u) * 44u;
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let block = row + i / 256u * 44u;
  let part = i % 256u / 32u;
  let factors = unpack2x16float(weights[block]);
  let scale = factors * k_scale_and_minimum(vec3u(weights[block + 1u], weights[block + 2u], weights[block + 3u]), part);
  let word = i % 32u / 4u;
  let fifth = ((weights[block + 4u + word] >> part) & 0x01010101u) << 4u;
  // Two parts share 32 bytes: the even one has the lower halves.
  let bytes = ((weights[block + 12u + part / 2u * 8u + word] >> ((part & 1u) * 4u)) & 0x0f0f0f0fu) | fifth;
  return vec4f((vec4u(bytes) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu)) * scale.x - scale.y;
}
