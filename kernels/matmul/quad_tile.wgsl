// y = epilogue(A · B): a quad of four invocations computes a tile of 4 ROWS x 16 results in registers. Each invocation loads only
// its own rows of A and its own columns of B; the quad's other columns reach it by quad swaps, which cost a CPU driver one
// shuffle where a load costs a gather. Everything is loaded before anything is multiplied: a gather is a row of branches, across
// which such drivers keep less in registers. Made for drivers that run on the processor; also right on others.
// Layouts: A [batch, M, K]; B [batch, K, N], or [batch, N, K] if `transpose_b`; y [batch, M, N]; all row-major. A batch
// stride of 0 repeats B. Grid: tiles of rows (fastest, so that neighbouring workgroups share columns of B), of columns, batch,
// folded.
// Preconditions: the subgroups feature; `vector` needs K % 4 = 0; `vector_store` needs N % 4 = 0.
// ROWS is 1, with `four_rows` 4, with `four_rows` and `eight_rows` 8.
// A transposed B is read through `package::weights`, a module of kernels/weights, in whatever encoding it is.
// Tile constants: GROUP invocations a workgroup, GROUP / 4 quads side by side.

import package::matmul::parameters::parameters;
import package::shared::dispatch::flat_invocation;
import package::shared::quad::{Columns, accumulate, in_column_order, quad_values};
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4, T1, Packed1, unpack1};
@if(!transpose_b) import package::types::T2;
@if(transpose_b) import package::weights::{WeightRow, weight_row, weight4};
import constants::GROUP;

@if(vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> a: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> a: array<T1>;
@if(!transpose_b) @group(0) @binding(2) var<storage, read> b: array<T2>;

@if(eight_rows) const ROWS = 8u;
@if(four_rows && !eight_rows) const ROWS = 4u;
@if(!four_rows) const ROWS = 1u;

// Elements i .. i + 3 along K of the row of A that starts at `row`; 0 past K.
@if(vector) fn load_a(row: u32, i: u32) -> vec4f { return unpack1(a[(row + i) / 4u]); }
@if(!vector) fn load_a(row: u32, i: u32) -> vec4f {
  let last = row + parameters.k - 1u;
  let at = row + i;
  let x = vec4f(f32(a[at]), f32(a[min(at + 1u, last)]), f32(a[min(at + 2u, last)]), f32(a[min(at + 3u, last)]));
  return select(vec4f(0.0), x, vec4u(at, at + 1u, at + 2u, at + 3u) <= vec4u(last));
}

// Elements i .. i + 3 along K of a column of B, whose first element is at `column`. What lies past K meets zeros of A, so it only
// has to be some finite element: the last one.
@if(!transpose_b) fn load_b(column: u32, i: u32) -> vec4f {
  var at = vec4u(i, i + 1u, i + 2u, i + 3u);
  @if(!vector) {
    at = min(at, vec4u(parameters.k - 1u));
  }
  at = vec4u(column) + at * parameters.n;
  return vec4f(f32(b[at.x]), f32(b[at.y]), f32(b[at.z]), f32(b[at.w]));
}
@if(transpose_b) fn load_b(column: WeightRow, i: u32) -> vec4f { return weight4(column, i); }

// Stores four results of one row.
fn store(sum: vec4f, lane: u32, batch: u32, row: u32, column: u32) {
  if (row >= parameters.m || column >= parameters.n) {
    return;
  }
  let values = in_column_order(sum, lane);
  let at = (batch * parameters.m + row) * parameters.n + column;
  @if(vector_store) {
    y[at / 4u] = T0x4(epilogue4(values, at));
  }
  @if(!vector_store) {
    for (var i = 0u; i < min(4u, parameters.n - column); i++) {
      y[at + i] = T0(epilogue(values[i], at + i));
    }
  }
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(group, groups, 0u, 1u);
  let batch = tile / (parameters.row_tiles * parameters.column_tiles);
  if (batch >= parameters.batch) {
    return;
  }
  let lane = local % 4u;
  let row = (tile % parameters.row_tiles) * ROWS * 4u + lane;
  let column = ((tile / parameters.row_tiles) % parameters.column_tiles * (GROUP / 4u) + local / 4u) * 16u;

  // Rows and columns past the edge repeat the last one; their results are not stored.
  let start_a = batch * parameters.batch_stride_a;
  let last_row = parameters.m - 1u;
  let a0 = start_a + min(row, last_row) * parameters.k;
  @if(four_rows) let a1 = start_a + min(row + 4u, last_row) * parameters.k;
  @if(four_rows) let a2 = start_a + min(row + 8u, last_row) * parameters.k;
  @if(four_rows) let a3 = start_a + min(row + 12u, last_row) * parameters.k;
  @if(eight_rows) let a4 = start_a + min(row + 16u, last_row) * parameters.k;
  @if(eight_rows) let a5 = start_a + min(row + 20u, last_row) * parameters.k;
  @if(eight_rows) let a6 = start_a + min(row + 24u, last_row) * parameters.k;
  @if(eight_rows) let a7 = start_a + min(row + 28u, last_row) * parameters.k;
  let start_b = batch * parameters.batch_stride_b;
  let last_column = parameters.n - 1u;
  let column0 = min(column + lane, last_column);
  let column1 = min(column + lane + 4u, last_column);
  let column2 = min(column + lane + 8u, last_column);
  let column3 = min(column + lane + 12u, last_column);
  @if(!transpose_b) let b0 = start_b + column0;
  @if(!transpose_b) let b1 = start_b + column1;
  @if(!transpose_b) let b2 = start_b + column2;
  @if(!transpose_b) let b3 = start_b + column3;
  @if(transpose_b) let b0 = weight_row(start_b, column0, parameters.n, parameters.k);
  @if(transpose_b) let b1 = weight_row(start_b, column1, parameters.n, parameters.k);
  @if(transpose_b) let b2 = weight_row(start_b, column2, parameters.n, parameters.k);
  @if(transpose_b) let b3 = weight_row(start_b, column3, parameters.n, parameters.k);

  // Written out because drivers on the processor keep only what is not in an array in registers. Column j of a matrix is the j-th four of
  // the 16 results.
  var sums0 = mat4x4f();
  @if(four_rows) var sums1 = mat4x4f();
  @if(four_rows) var sums2 = mat4x4f();
  @if(four_rows) var sums3 = mat4x4f();
  @if(eight_rows) var sums4 = mat4x4f();
  @if(eight_rows) var sums5 = mat4x4f();
  @if(eight_rows) var sums6 = mat4x4f();
  @if(eight_rows) var sums7 = mat4x4f();
  let k = parameters.k;
  for (var i = 0u; i < k; i += 4u) {
    let x0 = load_a(a0, i);
    @if(four_rows) let x1 = load_a(a1, i);
    @if(four_rows) let x2 = load_a(a2, i);
    @if(four_rows) let x3 = load_a(a3, i);
    @if(eight_rows) let x4 = load_a(a4, i);
    @if(eight_rows) let x5 = load_a(a5, i);
    @if(eight_rows) let x6 = load_a(a6, i);
    @if(eight_rows) let x7 = load_a(a7, i);
    let y0 = load_b(b0, i);
    let y1 = load_b(b1, i);
    let y2 = load_b(b2, i);
    let y3 = load_b(b3, i);
    let columns = Columns(quad_values(y0), quad_values(y1), quad_values(y2), quad_values(y3));
    sums0 = accumulate(sums0, x0, columns);
    @if(four_rows) sums1 = accumulate(sums1, x1, columns);
    @if(four_rows) sums2 = accumulate(sums2, x2, columns);
    @if(four_rows) sums3 = accumulate(sums3, x3, columns);
    @if(eight_rows) sums4 = accumulate(sums4, x4, columns);
    @if(eight_rows) sums5 = accumulate(sums5, x5, columns);
    @if(eight_rows) sums6 = accumulate(sums6, x6, columns);
    @if(eight_rows) sums7 = accumulate(sums7, x7, columns);
  }

  @if(!four_rows) var results = array<mat4x4f, 1>(sums0);
  @if(four_rows && !eight_rows) var results = array<mat4x4f, 4>(sums0, sums1, sums2, sums3);
  @if(eight_rows) var results = array<mat4x4f, 8>(sums0, sums1, sums2, sums3, sums4, sums5, sums6, sums7);
  for (var r = 0u; r < parameters.stores; r++) {
    store(results[r / 4u][r % 4u], lane, batch, row + r / 4u * 4u, column + r % 4u * 4u);
  }
}
