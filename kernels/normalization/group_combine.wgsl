// Mean and 1 / sqrt(variance + eps) of each channel group from the statistics of its chunks (Chan, Golub and LeVeque 1983).
// Layouts: chunks [B, GROUPS, CHUNKS] pairs (mean, sum of squared deviations); result [B, GROUPS] pairs. One invocation makes
// one pair. Tile constants: CHUNK_LENGTH positions a chunk, the last one shorter.

import package::shared::dispatch::flat_invocation;
import constants::{CHANNELS, POSITIONS, GROUPS, CHUNKS, CHUNK_LENGTH};

const GROUP = 16u;

struct Parameters {
  // Invocations with work.
  items: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read_write> result: array<vec2f>;
@group(0) @binding(1) var<storage, read> chunks: array<vec2f>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  var count = 0.0;
  var mean = 0.0;
  var squares = 0.0;
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    let other = chunks[item * CHUNKS + chunk];
    let positions = min(CHUNK_LENGTH, POSITIONS - chunk * CHUNK_LENGTH);
    let other_count = f32(positions * (CHANNELS / GROUPS));
    let share = other_count / (count + other_count);
    let difference = other.x - mean;
    mean += difference * share;
    squares += other.y + difference * difference * count * share;
    count += other_count;
  }
  result[item] = vec2f(mean, inverseSqrt(squares / count + parameters.eps));
}
