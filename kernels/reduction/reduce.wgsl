// y[o, chunk] = epilogue(scale * Σ x[outer(o) + inner(k)]), or the largest x if `maximum`, or the sum of x² if `squares`, over the k of the chunk.
// Layouts: x row-major, walked by the generated module `walk`; y [outputs, CHUNKS]. One invocation makes one output, or four
// neighbouring ones if `vector` (the innermost axis is kept, walks are aligned to four, CHUNKS = 1).
// Tile constants: LENGTH elements are reduced for each output, CHUNK_LENGTH by each invocation.

import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{LANES, V};
import package::shared::result::store;
import package::shared::source::load;
import package::walk::{inner_offset, outer_offset};
import constants::{CHUNKS, CHUNK_LENGTH, LENGTH};

const GROUP = 64u;

struct Parameters {
  // Invocations with work.
  items: u32,
  scale: f32,
}

@group(1) @binding(0) var<uniform> parameters: Parameters;

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
  store(item, result);
}
