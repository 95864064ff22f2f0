// y[r, c] = epilogue(Σ over k with ids[k] = r of x[k, c]).
// Layouts: x [COUNT, width], ids any integers [COUNT], y [rows, width]; row-major. One invocation makes one element, and adds in the
// order of the rows, so that every run gives the same bits. Numbers outside are clamped, as gather_rows does.

import package::epilogue::epilogue;
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T1, T2};

const GROUP = 64u;

struct Parameters {
  items: u32,
  count: u32,
  width: u32,
  rows: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<T0>;
@group(0) @binding(1) var<storage, read> x: array<T1>;
@group(0) @binding(2) var<storage, read> ids: array<T2>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let row = i32(item / parameters.width);
  let column = item % parameters.width;
  var sum = 0.0;
  for (var k = 0u; k < parameters.count; k++) {
    if (clamp(i32(ids[k]), 0, i32(parameters.rows) - 1) == row) {
      sum += f32(x[k * parameters.width + column]);
    }
  }
  y[item] = T0(epilogue(sum, item));
}
