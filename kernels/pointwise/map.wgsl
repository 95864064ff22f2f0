// y[i] = expression(inputs at i): any chain of elementwise operations, generated into package::epilogue.
// Layout: y is row-major; inputs are broadcast by the generated index maps. One invocation makes four neighbouring
// elements. Preconditions: count is the number of elements of y; y is padded to whole vec4s.

import package::shared::dispatch::flat_invocation;
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4};

const GROUP = 64u;

struct Parameters {
  count: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = flat_invocation(group, groups, local, GROUP) * 4u;
  if (at >= parameters.count) {
    return;
  }
  @if(vector) {
    y[at >> 2u] = T0x4(epilogue4(vec4f(0.0), at));
  }
  @if(!vector) {
    for (var i = at; i < min(at + 4u, parameters.count); i++) {
      y[i] = T0(epilogue(0.0, i));
    }
  }
}
