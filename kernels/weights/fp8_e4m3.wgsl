// Rows of 8-bit floats with 4 bits of exponent (bias 7), 3 of mantissa ("FP8 Formats for Deep Learning", Micikevicius et al. 2022),
// and one factor a row. Layout: codes [rows, inner padded to 4], four a word, then f32 factors [rows]. Codes of NaN and infinity
// do not occur: loading refuses them.

import package::shared::fp8::fp8_values;
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
  return fp8_values(weights[row.first + i / 4u], 7u, 3u) * row.scale;
}
