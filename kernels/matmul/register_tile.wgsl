// y = epilogue(A · B): one invocation keeps a tile of ROWS x 4 results in registers and reads A and B straight from memory.
// For few rows on drivers that run on the processor, and there for devices without subgroups.
// Layouts: A [batch, M, K]; B [batch, K, N], or [batch, N, K] if `transpose_b`; y [batch, M, N]; all row-major. A batch
// stride of 0 repeats B. Grid: tiles of rows (fastest), of columns, batch, folded.
// Preconditions: `vector` needs K % 4 = 0, and N % 4 = 0 unless `transpose_b`; `vector_store` needs N % 4 = 0.
// A transposed B is read through `package::weights`, a module of kernels/weights, in whatever encoding it is.
// Tile constants: ROWS results down, 4 across; GROUP invocations a workgroup, side by side.

import package::matmul::parameters::parameters;
import package::shared::dispatch::flat_invocation;
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4, T1, Packed1, unpack1};
@if(!transpose_b) import package::types::{T2, Packed2, unpack2};
@if(transpose_b) import package::weights::{WeightRow, weight_row, weight4};
import constants::{ROWS, GROUP};

@if(vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> a: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> a: array<T1>;
@if(vector && !transpose_b) @group(0) @binding(2) var<storage, read> b: array<Packed2>;
@if(!vector && !transpose_b) @group(0) @binding(2) var<storage, read> b: array<T2>;

// Elements i .. i + 3 along K of the row of A that starts at `row`; 0 past K.
@if(vector) fn load_a(row: u32, i: u32) -> vec4f { return unpack1(a[(row + i) / 4u]); }
@if(!vector) fn load_a(row: u32, i: u32) -> vec4f {
  let last = row + parameters.k - 1u;
  let at = vec4u(row + i) + vec4u(0u, 1u, 2u, 3u);
  let inside = min(at, vec4u(last));
  let x = vec4f(f32(a[inside.x]), f32(a[inside.y]), f32(a[inside.z]), f32(a[inside.w]));
  return select(vec4f(0.0), x, at <= vec4u(last));
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(group, groups, 0u, 1u);
  let batch = tile / (parameters.row_tiles * parameters.column_tiles);
  let m = parameters.m;
  let n = parameters.n;
  let k = parameters.k;
  let row = (tile % parameters.row_tiles) * ROWS;
  let column = ((tile / parameters.row_tiles) % parameters.column_tiles * GROUP + local) * 4u;
  if (batch >= parameters.batch || column >= n) {
    return;
  }
  let start_a = batch * parameters.batch_stride_a;
  let start_b = batch * parameters.batch_stride_b;
  // Rows and columns past the edge repeat the last one; their results are not stored.
  var row_a: array<u32, ROWS>;
  for (var r = 0u; r < ROWS; r++) {
    row_a[r] = start_a + min(row + r, m - 1u) * k;
  }
  let columns = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(n - 1u));
  var sums: array<vec4f, ROWS>;

  @if(transpose_b) {
    let b0 = weight_row(start_b, columns.x, n, k);
    let b1 = weight_row(start_b, columns.y, n, k);
    let b2 = weight_row(start_b, columns.z, n, k);
    let b3 = weight_row(start_b, columns.w, n, k);
    for (var i = 0u; i < k; i += 4u) {
      let w = mat4x4f(weight4(b0, i), weight4(b1, i), weight4(b2, i), weight4(b3, i));
      for (var r = 0u; r < ROWS; r++) {
        sums[r] += load_a(row_a[r], i) * w;
      }
    }
  }
  @if(vector && !transpose_b) {
    let steps = k / 4u;
    let stride = n / 4u;
    var at = (start_b + column) / 4u;
    for (var step = 0u; step < steps; step++) {
      let b0 = unpack2(b[at]);
      let b1 = unpack2(b[at + stride]);
      let b2 = unpack2(b[at + 2u * stride]);
      let b3 = unpack2(b[at + 3u * stride]);
      at += 4u * stride;
      for (var r = 0u; r < ROWS; r++) {
        let x = unpack1(a[row_a[r] / 4u + step]);
        sums[r] += x.x * b0 + x.y * b1 + x.z * b2 + x.w * b3;
      }
    }
  }
  @if(!vector && !transpose_b) {
    for (var i = 0u; i < k; i++) {
      let at = vec4u(start_b + i * n) + columns;
      let x = vec4f(f32(b[at.x]), f32(b[at.y]), f32(b[at.z]), f32(b[at.w]));
      for (var r = 0u; r < ROWS; r++) {
        sums[r] += f32(a[row_a[r] + i]) * x;
      }
    }
  }

  for (var r = 0u; r < ROWS; r++) {
    if (row + r >= m) {
      return;
    }
    let at = (batch * m + row + r) * n + column;
    @if(vector_store) {
      y[at / 4u] = T0x4(epilogue4(sums[r], at));
    }
    @if(!vector_store) {
      for (var c = 0u; c < min(4u, n - column); c++) {
        y[at + c] = T0(epilogue(sums[r][c], at + c));
      }
    }
  }
}
