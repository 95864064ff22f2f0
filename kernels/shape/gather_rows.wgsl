// y[i, c] = epilogue(table[ids[i], c]).
// Layouts: table [rows, WIDTH], ids any integers, y [ids, WIDTH]; row-major. One invocation makes four neighbouring elements.
// Preconditions: `vector` needs WIDTH % 4 = 0. Numbers outside the table are clamped to it.

import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, T1x4, T2};
import constants::WIDTH;

const GROUP = 64u;

struct Parameters {
  count: u32,
  rows: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> table: array<T1x4>;
@if(!vector) @group(0) @binding(1) var<storage, read> table: array<T1>;
@group(0) @binding(2) var<storage, read> ids: array<T2>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

fn source_index(k: u32) -> u32 {
  let row = clamp(i32(ids[k / WIDTH]), 0, i32(parameters.rows) - 1);
  return u32(row) * WIDTH + k % WIDTH;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = flat_invocation(group, groups, local, GROUP) * 4u;
  if (first >= parameters.count) {
    return;
  }
  @if(vector) {
    y[first >> 2u] = T0x4(epilogue4(vec4f(table[source_index(first) >> 2u]), first));
  }
  @if(!vector) {
    for (var k = first; k < min(first + 4u, parameters.count); k++) {
      y[k] = T0(epilogue(f32(table[source_index(k)]), k));
    }
  }
}
