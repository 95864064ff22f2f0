// y[i, c] = epilogue(table[ids[i], c]).
// Layouts: table [rows, WIDTH], ids any integers, y [ids, WIDTH]; row-major. One invocation makes four neighbouring elements.
// Preconditions: `vector` needs WIDTH % 4 = 0. Numbers outside the table are clamped to it. The table is read through
// `package::weights`, a module of kernels/weights, in whatever encoding it is.

import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1};
import package::weights::{weight_row, weight4};
import constants::WIDTH;

const GROUP = 64u;

struct Parameters {
  count: u32,
  rows: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@group(0) @binding(1) var<storage, read> ids: array<T1>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

// Four elements of a row of the table, from the one that holds element k of the result.
fn source4(k: u32) -> vec4f {
  let row = clamp(i32(ids[k / WIDTH]), 0, i32(parameters.rows) - 1);
  return weight4(weight_row(0u, u32(row), parameters.rows, WIDTH), k % WIDTH / 4u * 4u);
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = flat_invocation(group, groups, local, GROUP) * 4u;
  if (first >= parameters.count) {
    return;
  }
  @if(vector) {
    y[first >> 2u] = T0x4(epilogue4(source4(first), first));
  }
  @if(!vector) {
    for (var k = first; k < min(first + 4u, parameters.count); k++) {
      y[k] = T0(epilogue(source4(k)[k % WIDTH % 4u], k));
    }
  }
}
