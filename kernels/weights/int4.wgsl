// Rows of 4-bit integers with a factor, and if `zeros` a zero point, for each WEIGHT_GROUP elements: scale * (code - 8 - zero).
// Layout: codes [rows, inner], eight a word, the first in the lowest bits; then f32 factors [rows, inner / WEIGHT_GROUP]; then f32 zero
// points of the same shape.
// Preconditions: inner % WEIGHT_GROUP = 0, WEIGHT_GROUP % 8 = 0.

import package::types::T2;
import constants::WEIGHT_GROUP;

@group(0) @binding(2) var<storage, read> weights: array<T2>;

struct WeightRow {
  // Index of the row's first word, first factor and first zero point.
  first: u32,
  scale: u32,
  @if(weight_zeros) zero: u32,
}

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  let words = inner / 8u;
  let groups = inner / WEIGHT_GROUP;
  let scales = start + rows * words;
  @if(weight_zeros) return WeightRow(start + row * words, scales + row * groups, scales + (rows + row) * groups);
  @if(!weight_zeros) return WeightRow(start + row * words, scales + row * groups);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let half = weights[row.first + i / 8u] >> ((i & 4u) * 4u);
  let codes = vec4f((vec4u(half) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u));
  let group = i / WEIGHT_GROUP;
  @if(weight_zeros) let zero = 8.0 + bitcast<f32>(weights[row.zero + group]);
  @if(!weight_zeros) let zero = 8.0;
  return (codes - zero) * bitcast<f32>(weights[row.scale + group]);
}
