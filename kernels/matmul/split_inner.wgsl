// y = epilogue(A · B) for few rows: 64 invocations share the inner dimension of 4 columns and all rows, and add up in workgroup
// memory. The rate is that of reading B once. For graphics processors.
// Layouts: A [batch, M, K]; B [batch, K, N], or [batch, N, K] if `transpose_b`; y [batch, M, N]; all row-major. A batch
// stride of 0 repeats B. Grid: (groups of 4 columns, batch) folded; M = ROWS.
// Preconditions: ROWS <= 8 (8 KiB of workgroup memory); `vector` needs K % 4 = 0. Tile constants: ROWS = M.
// A transposed B is read through `package::weights`, a module of kernels/weights, in whatever encoding it is.

import package::matmul::parameters::parameters;
import package::shared::dispatch::flat_invocation;
import package::epilogue::epilogue;
import package::types::{T0, T1, Packed1, unpack1};
@if(!transpose_b) import package::types::T2;
@if(transpose_b) import package::weights::{WeightRow, weight_row, weight4};
import constants::ROWS;

@group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector && transpose_b) @group(0) @binding(1) var<storage, read> a: array<Packed1>;
@if(!vector || !transpose_b) @group(0) @binding(1) var<storage, read> a: array<T1>;
@if(!transpose_b) @group(0) @binding(2) var<storage, read> b: array<T2>;

const GROUP = 64u;

var<workgroup> partial: array<array<vec4f, GROUP>, ROWS>;

// Elements i .. i + 3 along K of the row of A that starts at `row`; 0 past K.
@if(vector && transpose_b) fn load_a(row: u32, i: u32) -> vec4f { return unpack1(a[(row + i) / 4u]); }
@if(!vector && transpose_b) fn load_a(row: u32, i: u32) -> vec4f {
  let last = row + parameters.k - 1u;
  let at = vec4u(row + i) + vec4u(0u, 1u, 2u, 3u);
  let inside = min(at, vec4u(last));
  let x = vec4f(f32(a[inside.x]), f32(a[inside.y]), f32(a[inside.z]), f32(a[inside.w]));
  return select(vec4f(0.0), x, at <= vec4u(last));
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(group, groups, 0u, 1u);
  let batch = tile / parameters.column_tiles;
  if (batch >= parameters.batch) {
    return;
  }
  let n = parameters.n;
  let k = parameters.k;
  let column = (tile % parameters.column_tiles) * 4u;
  let columns = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(n - 1u));
  let start_a = batch * parameters.batch_stride_a;
  let start_b = batch * parameters.batch_stride_b;
  var sums: array<vec4f, ROWS>;
  @if(transpose_b) {
    let b0 = weight_row(start_b, columns.x, n, k);
    let b1 = weight_row(start_b, columns.y, n, k);
    let b2 = weight_row(start_b, columns.z, n, k);
    let b3 = weight_row(start_b, columns.w, n, k);
    for (var i = local * 4u; i < k; i += GROUP * 4u) {
      let w = mat4x4f(weight4(b0, i), weight4(b1, i), weight4(b2, i), weight4(b3, i));
      for (var r = 0u; r < ROWS; r++) {
        sums[r] += load_a(start_a + r * k, i) * w;
      }
    }
  }
  @if(!transpose_b) {
    for (var i = local; i < k; i += GROUP) {
      let at = vec4u(start_b + i * n) + columns;
      let w = vec4f(f32(b[at.x]), f32(b[at.y]), f32(b[at.z]), f32(b[at.w]));
      for (var r = 0u; r < ROWS; r++) {
        sums[r] += f32(a[start_a + r * k + i]) * w;
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) {
    partial[r][local] = sums[r];
  }
  for (var width = GROUP / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) {
      for (var r = 0u; r < ROWS; r++) {
        partial[r][local] += partial[r][local + width];
      }
    }
  }
  workgroupBarrier();
  // Invocation 4 r + c stores row r, column c.
  let r = local / 4u;
  let c = local % 4u;
  if (r < ROWS && column + c < n) {
    let at = (batch * parameters.m + r) * n + column + c;
    y[at] = T0(epilogue(partial[r][0][c], at));
  }
}
