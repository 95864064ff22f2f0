// Rows of half precision on every device, with shader-f16 or without. Layout: [rows, inner padded to 4], row-major, two elements
// a word.

import package::types::T2x2;

@group(0) @binding(2) var<storage, read> weights: array<T2x2>;

// Index of the row's first four elements.
alias WeightRow = u32;

fn weight_row(start: u32, row: u32, rows: u32, inner: u32) -> WeightRow {
  return start + row * ((inner + 3u) / 4u);
}

fn weight4(row: WeightRow, i: u32) -> vec4f {
  let pair = weights[row + i / 4u];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
}
