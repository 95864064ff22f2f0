// y[o, chunk] = epilogue(scale * Σ x[outer(o) + inner(k)]), or the largest x if `maximum`, or the sum of x² if `squares`, over the k of the chunk.
// Layouts: x row-major, walked by the generated module `walk`; y [outputs, CHUNKS]. One invocation makes one output, or four
// neighbouring ones if `vector` (the innermost axis is kept, walks are aligned to four, CHUNKS = 1).
// Tile constants: LENGTH elements are reduced for each output, CHUNK_LENGTH by each invocation.

import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, Packed1, unpack1};
import package::walk::{inner_offset, outer_offset};
import constants::{CHUNKS, CHUNK_LENGTH, LENGTH};

const GROUP = 64u;

struct Parameters {
  // Invocations with work.
  items: u32,
  scale: f32,
}

@if(vector) alias V = vec4f;
@if(!vector) alias V = f32;
@if(vector) const LANES = 4u;
@if(!vector) const LANES = 1u;
@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> x: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> x: array<T1>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@if(vector) fn load(at: u32) -> V { return unpack1(x[at]); }
@if(!vector) fn load(at: u32) -> V { return V(x[at]); }

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let start = outer_offset(item / CHUNKS * LANES);
  let first = item % CHUNKS * CHUNK_LENGTH;
  let last = min(first + CHUNK_LENGTH, LENGTH);
  @if(maximum) var result = V(-3.4028234663852886e38);
  @if(!maximum) var result = V(0.0);
  for (var k = first; k < last; k++) {
    let value = load((start + inner_offset(k)) / LANES);
    @if(maximum) { result = max(result, value); }
    @if(squares) { result += value * value; }
    @if(!maximum && !squares) { result += value; }
  }
  result *= parameters.scale;
  @if(vector) { y[item] = T0x4(epilogue4(result, item * 4u)); }
  @if(!vector) { y[item] = T0(epilogue(result, item)); }
}
