// One axis of a Gaussian: y[i] = sum over |k| <= taps of weight[|k|] x[i + k], held at the edges. Colours are weighted by alpha.
// Conditions: `first` and `last` of the two passes, between which colours are premultiplied; `linear` sums light, which the pass before has made of
// the colours (premultiplied_light), because a power for each neighbour would be most of the work.
// One invocation makes four pixels that follow each other along the axis: each neighbour is loaded once for all of them.
// Layouts: x, y [height, width], RGBA; weights [taps + 4]: the last three are 0, and all 2 taps + 1 sum to 1.

import package::effects::effects;
import package::image::source::load;
import package::image::srgb::to_encoded;
import package::types::{T0x4, T4};

struct Parameters {
  size: vec2u,
  stride: u32,
  // (1, 0) along rows, (0, 1) along columns.
  axis_x: u32,
  axis_y: u32,
  taps: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@group(0) @binding(4) var<storage, read> weights: array<T4>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

fn weighted(index: i32) -> vec4f {
  let color = load(u32(index));
  @if(!first || linear) { return color; }
  @if(first && !linear) { return vec4f(color.rgb * color.a, color.a); }
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = parameters.size;
  let axis = vec2u(parameters.axis_x, parameters.axis_y);
  let first_pixel = at.xy * (axis * 3u + 1u);
  if (first_pixel.x >= size.x || first_pixel.y >= size.y) {
    return;
  }
  // Along the axis: the first of the four pixels, the last of the picture, and words from one to the next.
  let place = i32(dot(first_pixel, axis));
  let last_place = i32(dot(size, axis)) - 1;
  let step = i32(axis.x + axis.y * parameters.stride);
  let line = i32(first_pixel.y * parameters.stride + first_pixel.x) - place * step;
  let taps = i32(parameters.taps);
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  var w1 = 0.0;
  var w2 = 0.0;
  var w3 = 0.0;
  for (var k = -taps; k <= taps + 3; k++) {
    let w0 = weights[abs(k)];
    let color = weighted(line + step * clamp(place + k, 0, last_place));
    s0 += color * w0;
    s1 += color * w1;
    s2 += color * w2;
    s3 += color * w3;
    w3 = w2;
    w2 = w1;
    w1 = w0;
  }
  store(first_pixel, s0);
  if (place + 1 <= last_place) { store(first_pixel + axis, s1); }
  if (place + 2 <= last_place) { store(first_pixel + axis * 2u, s2); }
  if (place + 3 <= last_place) { store(first_pixel + axis * 3u, s3); }
}

fn store(at: vec2u, sum: vec4f) {
  var color = sum;
  @if(last) {
    let straight = sum.rgb / max(sum.a, 1e-20);
    @if(linear) { color = vec4f(to_encoded(straight), sum.a); }
    @if(!linear) { color = vec4f(straight, sum.a); }
    color = effects(color, vec2f(at) + 0.5);
  }
  y[at.y * parameters.size.x + at.x] = color;
}
