// y = epilogue(A · B): a workgroup of 256 invocations computes a tile of 64 x 64 results; slices of A and B, 16 deep along K, pass
// through workgroup memory, and each invocation keeps 4 x 4 results in registers. For graphics processors.
// Layouts: A [batch, M, K]; B [batch, K, N], or [batch, N, K] if `transpose_b`; y [batch, M, N]; all row-major. A batch
// stride of 0 repeats B. Grid: tiles of rows (fastest), of columns, batch, folded.
// Preconditions: 8 KiB of workgroup memory; `vector_a` needs K % 4 = 0; `vector_b` needs N % 4 = 0;
// `vector_store` needs N % 4 = 0.
// A transposed B is read through `package::weights`, a module of kernels/weights, in whatever encoding it is.

import package::matmul::parameters::parameters;
import package::shared::dispatch::flat_invocation;
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4, T1, Packed1, unpack1};
@if(!transpose_b) import package::types::{T2, Packed2, unpack2};
@if(transpose_b) import package::weights::{WeightRow, weight_row, weight4};

@if(vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector_store) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector_a) @group(0) @binding(1) var<storage, read> a: array<Packed1>;
@if(!vector_a) @group(0) @binding(1) var<storage, read> a: array<T1>;
@if(vector_b && !transpose_b) @group(0) @binding(2) var<storage, read> b: array<Packed2>;
@if(!vector_b && !transpose_b) @group(0) @binding(2) var<storage, read> b: array<T2>;

const TILE = 64u;
const DEPTH = 16u;

// Both slices lie with K outermost. They are made of scalars because two invocations may not write into one vector.
var<workgroup> slice_a: array<array<f32, TILE>, DEPTH>;
var<workgroup> slice_b: array<array<f32, TILE>, DEPTH>;

// Four elements along the innermost dimension of a matrix of `rows` x `columns` that starts at `start`; 0 outside.
fn load_a(start: u32, row: u32, column: u32) -> vec4f {
  let at = start + row * parameters.k + column;
  if (row >= parameters.m) {
    return vec4f(0.0);
  }
  @if(vector_a) {
    if (column >= parameters.k) {
      return vec4f(0.0);
    }
    return unpack1(a[at / 4u]);
  }
  @if(!vector_a) {
    var x = vec4f(0.0);
    if (column < parameters.k) { x.x = f32(a[at]); }
    if (column + 1u < parameters.k) { x.y = f32(a[at + 1u]); }
    if (column + 2u < parameters.k) { x.z = f32(a[at + 2u]); }
    if (column + 3u < parameters.k) { x.w = f32(a[at + 3u]); }
    return x;
  }
}

@if(!transpose_b) fn load_b(start: u32, row: u32, column: u32) -> vec4f {
  let size = vec2u(parameters.k, parameters.n);
  let at = start + row * size.y + column;
  if (row >= size.x) {
    return vec4f(0.0);
  }
  @if(vector_b) {
    if (column >= size.y) {
      return vec4f(0.0);
    }
    return unpack2(b[at / 4u]);
  }
  @if(!vector_b) {
    var x = vec4f(0.0);
    if (column < size.y) { x.x = f32(b[at]); }
    if (column + 1u < size.y) { x.y = f32(b[at + 1u]); }
    if (column + 2u < size.y) { x.z = f32(b[at + 2u]); }
    if (column + 3u < size.y) { x.w = f32(b[at + 3u]); }
    return x;
  }
}

fn store(sum: vec4f, batch: u32, row: u32, column: u32) {
  if (row >= parameters.m || column >= parameters.n) {
    return;
  }
  let at = (batch * parameters.m + row) * parameters.n + column;
  @if(vector_store) {
    y[at / 4u] = T0x4(epilogue4(sum, at));
  }
  @if(!vector_store) {
    for (var i = 0u; i < min(4u, parameters.n - column); i++) {
      y[at + i] = T0(epilogue(sum[i], at + i));
    }
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(group, groups, 0u, 1u);
  let batch = tile / (parameters.row_tiles * parameters.column_tiles);
  if (batch >= parameters.batch) {
    return;
  }
  let first_row = (tile % parameters.row_tiles) * TILE;
  let first_column = (tile / parameters.row_tiles) % parameters.column_tiles * TILE;
  let start_a = batch * parameters.batch_stride_a;
  let start_b = batch * parameters.batch_stride_b;
  // Each invocation loads one vector of either slice: along K for A and a transposed B, along N for B.
  let line = local / 4u;
  let along = (local % 4u) * 4u;
  let row = local / 16u;
  let column = local % 16u;
  // Columns past the edge repeat the last one; their results are not stored. What lies past K meets zeros of A.
  @if(transpose_b) let row_b = weight_row(start_b, min(first_column + line, parameters.n - 1u), parameters.n, parameters.k);
  @if(transpose_b) let last_b = (parameters.k - 1u) / 4u * 4u;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);

  for (var depth = 0u; depth < parameters.k; depth += DEPTH) {
    let x = load_a(start_a, first_row + line, depth + along);
    slice_a[along][line] = x.x;
    slice_a[along + 1u][line] = x.y;
    slice_a[along + 2u][line] = x.z;
    slice_a[along + 3u][line] = x.w;
    @if(transpose_b) {
      let w = weight4(row_b, min(depth + along, last_b));
      slice_b[along][line] = w.x;
      slice_b[along + 1u][line] = w.y;
      slice_b[along + 2u][line] = w.z;
      slice_b[along + 3u][line] = w.w;
    }
    @if(!transpose_b) {
      let w = load_b(start_b, depth + row, first_column + column * 4u);
      slice_b[row][column * 4u] = w.x;
      slice_b[row][column * 4u + 1u] = w.y;
      slice_b[row][column * 4u + 2u] = w.z;
      slice_b[row][column * 4u + 3u] = w.w;
    }
    workgroupBarrier();
    for (var i = 0u; i < DEPTH; i++) {
      let w = vec4f(slice_b[i][column * 4u], slice_b[i][column * 4u + 1u], slice_b[i][column * 4u + 2u], slice_b[i][column * 4u + 3u]);
      s0 += slice_a[i][row * 4u] * w;
      s1 += slice_a[i][row * 4u + 1u] * w;
      s2 += slice_a[i][row * 4u + 2u] * w;
      s3 += slice_a[i][row * 4u + 3u] * w;
    }
    workgroupBarrier();
  }

  let result_row = first_row + row * 4u;
  let result_column = first_column + column * 4u;
  store(s0, batch, result_row, result_column);
  store(s1, batch, result_row + 1u, result_column);
  store(s2, batch, result_row + 2u, result_column);
  store(s3, batch, result_row + 3u, result_column);
}
