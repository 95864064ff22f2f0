// Rows of signed bytes with one factor a row. Layout: codes [rows, inner padded to 4], four a word, then f32 factors [rows].

import package::types::T2;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

struct WeightRow {
  // Index of the row's first word.
  first: u32,
  scale: f32,
}

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  let words = (inner + 3u) / 4u;
  return WeightRow(start + row * words, bitcast<f32>(weights[rows * words + row]));
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let codes = vec4i(bitcast<i32>(weights[row.first + i / 4u])) << vec4u(24u, 16u, 8u, 0u);
  return vec4f(codes >> vec4u(24u)) * row.scale;
}
