// x[i] = table[code i] * maximum[i / 256]: 8-bit values of blocks of 256 that share a factor.
// Layouts: codes four a word, the first in the low byte; maxima one f32 a block; table 256 f32; x f32, contiguous.
// One invocation decodes a word. Preconditions: count is the number of values, codes holds ceil(count / 4) words.

import package::shared::dispatch::flat_invocation;

const GROUP = 64u;

struct Parameters {
  count: u32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> maxima: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let word = flat_invocation(group, groups, local, GROUP);
  let first = word * 4u;
  if (first >= parameters.count) {
    return;
  }
  let packed = codes[word];
  let factor = maxima[first / 256u];
  for (var lane = 0u; lane < min(4u, parameters.count - first); lane++) {
    x[first + lane] = table[(packed >> (8u * lane)) & 0xffu] * factor;
  }
}
