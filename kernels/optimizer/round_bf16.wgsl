// Rows of bfloat16 from f32, rounded to one of the two neighbours at random, so that the mean is the value: y = upper half of
// (bits of x + 16 random bits).
// Layouts: x [rows, inner] f32; y as kernels/weights/bf16.wgsl reads it, rows padded to four elements, two a word. Random bits: the low
// halves of Philox4x32-10(counter = (group of four, 0, stream, 0), key = seed); groups count on over padded rows.
// One invocation makes four elements of a row. Preconditions: values are finite.

import package::shared::dispatch::flat_invocation;
import package::shared::philox::philox;

const GROUP = 64u;

struct Parameters {
  rows: u32,
  inner: u32,
  stream: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> seed: array<u32>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let quad = flat_invocation(group, groups, local, GROUP);
  let quads = (parameters.inner + 3u) / 4u;
  if (quad >= parameters.rows * quads) {
    return;
  }
  let random = philox(vec4u(quad, 0u, parameters.stream, 0u), vec2u(seed[0], seed[1]));
  let row = quad / quads;
  let column = quad % quads * 4u;
  var halves = vec4u(0u);
  for (var lane = 0u; lane < min(4u, parameters.inner - column); lane++) {
    halves[lane] = (bitcast<u32>(x[row * parameters.inner + column + lane]) + (random[lane] & 0xffffu)) >> 16u;
  }
  y[quad * 2u] = halves.x | (halves.y << 16u);
  y[quad * 2u + 1u] = halves.z | (halves.w << 16u);
}
