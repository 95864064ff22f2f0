// Rows of a weight matrix [rows, inner], row-major, in f32 or f16. What kernels import as `package::weights` is this module or one
// of its neighbours, which decode stored encodings; all have `WeightRow`, `weight_row` and `weight4`.
// Preconditions: `vector_weights` needs inner % 4 = 0.

import package::types::{T2, Packed2, unpack2};

@if(vector_weights) @group(0) @binding(2) var<storage, read> weights: array<Packed2>;
@if(!vector_weights) @group(0) @binding(2) var<storage, read> weights: array<T2>;

// The row's first and last element.
struct WeightRow {
  first: u32,
  last: u32,
}

// Row `row` of the matrix of `rows` x `inner` whose first element is `start`.
fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  let first = start + row * inner;
  return WeightRow(first, first + inner - 1u);
}

// Elements i .. i + 3 of a row, i % 4 = 0; past its end some finite value.
@if(vector_weights) fn weight4(row: WeightRow, i: u32) -> vec4f {
  return unpack2(weights[(row.first + i) / 4u]);
}
@if(!vector_weights) fn weight4(row: WeightRow, i: u32) -> vec4f {
  let at = min(vec4u(row.first + i) + vec4u(0u, 1u, 2u, 3u), vec4u(row.last));
  return vec4f(f32(weights[at.x]), f32(weights[at.y]), f32(weights[at.z]), f32(weights[at.w]));
}
