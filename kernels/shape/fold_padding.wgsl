// y[o, p, i] = epilogue(x[o, before + p, i] + what stands beyond the edges for element p): the gradient of `reflect` or `replicate` padding.
// Layouts: x [outer, before + size + after, inner], y [outer, size, inner]; row-major. One invocation makes one element.
// `reflect`: position -q shows q, and size - 1 + q shows size - 1 - q; else the edge is repeated.

import package::epilogue::epilogue;
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T1};

const GROUP = 64u;

struct Parameters {
  count: u32,
  size: u32,
  before: u32,
  after: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<T0>;
@group(0) @binding(1) var<storage, read> x: array<T1>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.count) {
    return;
  }
  let inner = item % parameters.inner;
  let position = item / parameters.inner % parameters.size;
  let outer = item / parameters.inner / parameters.size;
  let start = outer * (parameters.before + parameters.size + parameters.after) * parameters.inner + inner;
  let first = parameters.before;
  let last = first + parameters.size - 1u;
  var sum = f32(x[start + (first + position) * parameters.inner]);
  @if(reflect) {
    if (position > 0u && position <= parameters.before) {
      sum += f32(x[start + (first - position) * parameters.inner]);
    }
    let from_end = parameters.size - 1u - position;
    if (from_end > 0u && from_end <= parameters.after) {
      sum += f32(x[start + (last + from_end) * parameters.inner]);
    }
  }
  @if(!reflect) {
    if (position == 0u) {
      for (var q = 0u; q < parameters.before; q++) {
        sum += f32(x[start + q * parameters.inner]);
      }
    }
    if (position == parameters.size - 1u) {
      for (var q = 1u; q <= parameters.after; q++) {
        sum += f32(x[start + (last + q) * parameters.inner]);
      }
    }
  }
  y[item] = T0(epilogue(sum, item));
}
