// y[i] = expression(inputs at i): any chain of elementwise operations, generated into package::epilogue. With `in_place` y holds one of
// the operands before, which the expression takes as its accumulator.
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
    @if(in_place) let before = vec4f(y[at >> 2u]);
    @if(!in_place) let before = vec4f(0.0);
    y[at >> 2u] = T0x4(epilogue4(before, at));
  }
  @if(!vector) {
    for (var i = at; i < min(at + 4u, parameters.count); i++) {
      @if(in_place) let before = f32(y[i]);
      @if(!in_place) let before = 0.0;
      y[i] = T0(epilogue(before, i));
    }
  }
}
