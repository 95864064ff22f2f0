// Rows of 8-bit floats with 4 bits of exponent (bias 7), 3 of mantissa ("FP8 Formats for Deep Learning", Micikevicius et al. 2022),
// and one factor a row. Layout: codes [rows, inner padded to 4], four a word, then f32 factors [rows]. Codes of NaN and infinity
// do not occur: loading refuses them.

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
  let codes = (vec4u(weights[row.first + i / 4u]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  let magnitude = codes & vec4u(0x7fu);
  // The exponent is given f32's bias; subnormals are whole multiples of the smallest one, and never f32 subnormals on the way.
  let normal = bitcast<vec4f>((magnitude << vec4u(20u)) + vec4u(120u << 23u));
  let value = select(normal, vec4f(magnitude) * 0x1p-9, magnitude < vec4u(8u));
  return bitcast<vec4f>(bitcast<vec4u>(value) | ((codes & vec4u(0x80u)) << vec4u(24u))) * row.scale;
}
