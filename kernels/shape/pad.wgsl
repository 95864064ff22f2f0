// y[k] = epilogue(x[source(k)]), or epilogue(0) where the source lies in zero padding.
// Layouts: x and y are row-major; the generated module `pad_map` holds the index map, -1 for zero. One invocation makes four
// neighbouring elements. Preconditions: `vector` needs an innermost axis without padding and a size divisible by 4;
// `integer` values are moved without an epilogue.

import package::epilogue::{epilogue, epilogue4};
import package::pad_map::source_index;
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
    let source = source_index(first);
    var value = T1x4();
    if (source >= 0) {
      value = x[u32(source) >> 2u];
    }
    @if(integer) { y[first >> 2u] = value; }
    @if(!integer) { y[first >> 2u] = T0x4(epilogue4(vec4f(value), first)); }
  }
  @if(!vector) {
    for (var k = first; k < min(first + 4u, parameters.count); k++) {
      let source = source_index(k);
      var value = T1();
      if (source >= 0) {
        value = x[u32(source)];
      }
      @if(integer) { y[k] = value; }
      @if(!integer) { y[k] = T0(epilogue(f32(value), k)); }
    }
  }
}
