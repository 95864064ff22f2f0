// Codes of the table's values that are nearest to x[i] / maximum[i / 256]; the lower of two that are equally near.
// Layouts: codes four a word, the first in the low byte; x f32, contiguous; maxima one f32 a block of 256; table 256 f32, rising.
// One invocation encodes a word. Preconditions: count is the number of values, codes holds ceil(count / 4) words.

import package::shared::dispatch::flat_invocation;

const GROUP = 64u;

struct Parameters {
  count: u32,
}

@group(0) @binding(0) var<storage, read_write> codes: array<u32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> maxima: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

fn nearest(value: f32) -> u32 {
  // The last entry that is not above the value, by halves.
  var low = 0u;
  for (var step = 128u; step > 0u; step >>= 1u) {
    if (table[low + step] <= value) {
      low += step;
    }
  }
  let above = min(low + 1u, 255u);
  return select(low, above, table[above] - value < value - table[low]);
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let word = flat_invocation(group, groups, local, GROUP);
  let first = word * 4u;
  if (first >= parameters.count) {
    return;
  }
  let factor = maxima[first / 256u];
  var packed = 0u;
  for (var lane = 0u; lane < min(4u, parameters.count - first); lane++) {
    let value = select(0.0, x[first + lane] / max(factor, 1.0e-38), factor > 0.0);
    packed |= nearest(value) << (8u * lane);
  }
  codes[word] = packed;
}
