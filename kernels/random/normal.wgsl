// Standard normal noise, the same bits as `randomNormal` of src/numeric/random.ts.
//
// Formula: words = Philox4x32-10(counter = (i / 4, 0, stream, 0), key = seed); out[i] = z(words[i mod 4]) * 2^-21, where z is
//   the fixed-point inverse CDF described in src/numeric/random-quantile.ts. Only integer arithmetic, one exact conversion
//   to f32 (|z| < 2^24) and one exact multiplication by a power of two, so no adapter can round differently.
// Layouts: `table` is `normalQuantileTable()`, 2 x (32 x 64 + 1) i32 pairs (knot, curvature) in units of 2^-28;
//   `out` is f32, contiguous, at least `count` long; `seed` is two words, the low one first.
// Preconditions: one invocation makes 4 elements; dispatch at least ceil(count / 256) groups in any x by y grid (y > 1 when
//   that is above 65,535). count < 2^32 - 4.

import package::shared::dispatch::flat_invocation;
import package::shared::philox::{multiply_high, philox};

const GROUP = 64u;

struct Parameters {
  stream: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read> table: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> seed: array<u32>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

const SEGMENT_BITS = 6u;

/// Normal deviate of 32 random bits in units of 2^-21: sign, octave by leading zeros, parabola within a segment.
fn normal_fixed_point(bits: u32) -> i32 {
  let t = (bits << 1u) | 1u;
  let zeros = countLeadingZeros(t);
  let fraction = (t << zeros) << 1u;
  let segment = ((31u - zeros) << SEGMENT_BITS) + (fraction >> (32u - SEGMENT_BITS));
  let r = fraction << SEGMENT_BITS;
  let knot = table[2u * segment];
  let slope = u32(knot - table[2u * segment + 2u]);
  let parabola = multiply_high(u32(table[2u * segment + 1u]), multiply_high(r, ~r));
  let magnitude = (knot - i32(multiply_high(slope, r)) - i32(parabola) + 64) >> 7u;
  return select(magnitude, -magnitude, (bits >> 31u) == 1u);
}

@compute @workgroup_size(GROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = flat_invocation(group, groups, local, GROUP);
  // Compared in blocks: 4 * block could wrap in the spare groups of a padded grid.
  if (block >= (parameters.count + 3u) / 4u) {
    return;
  }
  let words = philox(vec4<u32>(block, 0u, parameters.stream, 0u), vec2<u32>(seed[0], seed[1]));
  for (var i = 0u; i < 4u; i++) {
    let element = 4u * block + i;
    if (element < parameters.count) {
      out[element] = f32(normal_fixed_point(words[i])) * 4.76837158203125e-7;
    }
  }
}
