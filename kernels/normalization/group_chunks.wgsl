// Mean and sum of squared deviations of each chunk of positions of each channel group.
// Layouts: x [B, POSITIONS, CHANNELS], row-major; statistics [B, GROUPS, CHUNKS] pairs. One invocation makes one pair.
// Preconditions: `vector` needs CHANNELS / GROUPS % 4 = 0. Tile constants: CHUNK_LENGTH positions a chunk.

import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{LANES, total, V};
import package::shared::source::load;
import constants::{CHANNELS, POSITIONS, GROUPS, CHUNKS, CHUNK_LENGTH};

const GROUP = 16u;

struct Parameters {
  // Invocations with work.
  items: u32,
}

const WIDTH = CHANNELS / GROUPS / LANES;
@group(0) @binding(0) var<storage, read_write> statistics: array<vec2f>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let first = item % CHUNKS * CHUNK_LENGTH;
  let last = min(first + CHUNK_LENGTH, POSITIONS);
  let channel_group = item / CHUNKS % GROUPS;
  let start = item / (CHUNKS * GROUPS) * POSITIONS;
  var sum = V(0.0);
  for (var position = first; position < last; position++) {
    let at = (start + position) * (CHANNELS / LANES) + channel_group * WIDTH;
    for (var c = 0u; c < WIDTH; c++) {
      sum += load(at + c);
    }
  }
  let mean = total(sum) / f32((last - first) * WIDTH * LANES);
  var squares = V(0.0);
  for (var position = first; position < last; position++) {
    let at = (start + position) * (CHANNELS / LANES) + channel_group * WIDTH;
    for (var c = 0u; c < WIDTH; c++) {
      let deviation = load(at + c) - mean;
      squares += deviation * deviation;
    }
  }
  statistics[item] = vec2f(mean, total(squares));
}
