// y = epilogue((x - mean) * factor) with the mean and factor of each element's channel group.
// Layouts: x and y [B, POSITIONS, CHANNELS], row-major; statistics [B, GROUPS] pairs. One invocation makes one element, or four
// neighbouring channels if `vector` (CHANNELS % 4 = 0), which share a group if `whole_vectors`.

import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, Packed1, unpack1};
import constants::{CHANNELS, POSITIONS, GROUPS};

const GROUP = 64u;

struct Parameters {
  // Invocations with work.
  items: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> x: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> x: array<T1>;
@group(0) @binding(2) var<storage, read> statistics: array<vec2f>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

fn statistics_at(index: u32) -> vec2f {
  let channel_group = index % CHANNELS / (CHANNELS / GROUPS);
  return statistics[index / (POSITIONS * CHANNELS) * GROUPS + channel_group];
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  @if(vector) {
    let index = item * 4u;
    let first = statistics_at(index);
    @if(whole_vectors) let mean = vec4f(first.x);
    @if(whole_vectors) let factor = vec4f(first.y);
    @if(!whole_vectors) let second = statistics_at(index + 1u);
    @if(!whole_vectors) let third = statistics_at(index + 2u);
    @if(!whole_vectors) let fourth = statistics_at(index + 3u);
    @if(!whole_vectors) let mean = vec4f(first.x, second.x, third.x, fourth.x);
    @if(!whole_vectors) let factor = vec4f(first.y, second.y, third.y, fourth.y);
    y[item] = T0x4(epilogue4((unpack1(x[item]) - mean) * factor, index));
  }
  @if(!vector) {
    let pair = statistics_at(item);
    y[item] = T0(epilogue((f32(x[item]) - pair.x) * pair.y, item));
  }
}
