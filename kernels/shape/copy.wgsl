// y[to(k)] = epilogue(x[from(k)]) for k = 0 .. count - 1: permute, slice, concat and repetition.
// Layouts: x and y are row-major; the generated module `copy_map` holds both index maps. One invocation moves four
// neighbouring k. Preconditions: `vector` needs maps that keep four neighbours together and aligned; `integer` values are
// moved without an epilogue.

import package::copy_map::{from_index, to_index};
import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, T1x4};

const GROUP = 64u;

struct Parameters {
  count: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> x: array<T1x4>;
@if(!vector) @group(0) @binding(1) var<storage, read> x: array<T1>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = flat_invocation(group, groups, local, GROUP) * 4u;
  if (first >= parameters.count) {
    return;
  }
  @if(vector) {
    let at = to_index(first);
    let value = x[from_index(first) >> 2u];
    @if(integer) { y[at >> 2u] = value; }
    @if(!integer) { y[at >> 2u] = T0x4(epilogue4(vec4f(value), at)); }
  }
  @if(!vector) {
    for (var k = first; k < min(first + 4u, parameters.count); k++) {
      let at = to_index(k);
      let value = x[from_index(k)];
      @if(integer) { y[at] = value; }
      @if(!integer) { y[at] = T0(epilogue(f32(value), at)); }
    }
  }
}
