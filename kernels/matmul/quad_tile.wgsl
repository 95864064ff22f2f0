// y = epilogue(A · B): a quad of four invocations computes a tile of 4 ROWS x 8 results in registers. Each invocation loads only
// its own rows of A and its own columns of B; the quad's other columns reach it by quad swaps, which cost a CPU driver one
// shuffle where a load costs a gather. Made for drivers that run on the processor; also right on others.
// Layouts: A [batch, M, K]; B [batch, K, N], or [batch, N, K] if `transpose_b`; y [batch, M, N]; all row-major. A batch
// stride of 0 repeats B. Grid: tiles of rows (fastest, so that neighbouring workgroups share columns of B), of columns, batch,
// folded.
// Preconditions: the subgroups feature; `vector` needs K % 4 = 0; `vector_store` needs N % 4 = 0. `four_rows`: ROWS is 4, else 1.
// A transposed B is read through `package::weights`, a module of kernels/weights, in whatever encoding it is.
// Tile constants: GROUP invocations a workgroup, GROUP / 4 quads side by side.

import package::shared::dispatch::flat_invocation;
import package::shared::quad::{accumulate, in_column_order, quad_columns};
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4, T1, Packed1, unpack1};
@if(!transpose_b) import package::types::T2;
@if(transpose_b) import package::weights::{WeightRow, weight_row, weight4};
import constants::GROUP;

struct Parameters {
  m: u32,
  n: u32,
  k: u32,
  // Elements between the matrices of a batch.
  batch_stride_a: u32,
  batch_stride_b: u32,
  row_tiles: u32,
  column_tiles: u32,
  batch: u32,
  // Vectors that an invocation stores, 8 or 2: a parameter, because drivers write loops of constant length out.
  stores: u32,
}

@if(vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> a: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> a: array<T1>;
@if(!transpose_b) @group(0) @binding(2) var<storage, read> b: array<T2>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@if(four_rows) const ROWS = 4u;
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
  let column = ((tile / parameters.row_tiles) % parameters.column_tiles * (GROUP / 4u) + local / 4u) * 8u;

  // Rows and columns past the edge repeat the last one; their results are not stored.
  let start_a = batch * parameters.batch_stride_a;
  let last_row = parameters.m - 1u;
  let a0 = start_a + min(row, last_row) * parameters.k;
  @if(four_rows) let a1 = start_a + min(row + 4u, last_row) * parameters.k;
  @if(four_rows) let a2 = start_a + min(row + 8u, last_row) * parameters.k;
  @if(four_rows) let a3 = start_a + min(row + 12u, last_row) * parameters.k;
  let start_b = batch * parameters.batch_stride_b;
  let column0 = min(column + lane, parameters.n - 1u);
  let column1 = min(column + lane + 4u, parameters.n - 1u);
  @if(!transpose_b) let b0 = start_b + column0;
  @if(!transpose_b) let b1 = start_b + column1;
  @if(transpose_b) let b0 = weight_row(start_b, column0, parameters.n, parameters.k);
  @if(transpose_b) let b1 = weight_row(start_b, column1, parameters.n, parameters.k);

  // Written out because drivers on the processor keep only what is not in an array in registers.
  var s00 = vec4f(0.0);
  var s01 = vec4f(0.0);
  @if(four_rows) var s10 = vec4f(0.0);
  @if(four_rows) var s11 = vec4f(0.0);
  @if(four_rows) var s20 = vec4f(0.0);
  @if(four_rows) var s21 = vec4f(0.0);
  @if(four_rows) var s30 = vec4f(0.0);
  @if(four_rows) var s31 = vec4f(0.0);
  let k = parameters.k;
  for (var i = 0u; i < k; i += 4u) {
    let x0 = load_a(a0, i);
    @if(four_rows) let x1 = load_a(a1, i);
    @if(four_rows) let x2 = load_a(a2, i);
    @if(four_rows) let x3 = load_a(a3, i);
    let left = quad_columns(load_b(b0, i));
    s00 = accumulate(s00, x0, left);
    @if(four_rows) s10 = accumulate(s10, x1, left);
    @if(four_rows) s20 = accumulate(s20, x2, left);
    @if(four_rows) s30 = accumulate(s30, x3, left);
    let right = quad_columns(load_b(b1, i));
    s01 = accumulate(s01, x0, right);
    @if(four_rows) s11 = accumulate(s11, x1, right);
    @if(four_rows) s21 = accumulate(s21, x2, right);
    @if(four_rows) s31 = accumulate(s31, x3, right);
  }

  @if(four_rows) var results = array<vec4f, 8>(s00, s01, s10, s11, s20, s21, s30, s31);
  @if(!four_rows) var results = array<vec4f, 2>(s00, s01);
  for (var r = 0u; r < parameters.stores; r++) {
    store(results[r], lane, batch, row + r / 2u * 4u, column + r % 2u * 4u);
  }
}
