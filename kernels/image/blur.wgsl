// One axis of a Gaussian: y[i] = sum over |k| <= taps of weight[|k|] x[i + k], held at the edges. Colours are weighted by alpha.
// Conditions: `first` and `last` of the two passes, between which colours are premultiplied; `linear` sums light, which the pass before has made of
// the colours (premultiplied_light), because a power for each neighbour would be most of the work.
// Layouts: x, y [height, width], RGBA; weights [taps + 1] sum to 1 over all 2 taps + 1.

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

fn sample(at: vec2i) -> vec4f {
  let held = vec2u(clamp(at, vec2i(0), vec2i(parameters.size) - 1));
  let color = load(held.y * parameters.stride + held.x);
  @if(!first || linear) { return color; }
  @if(first && !linear) { return vec4f(color.rgb * color.a, color.a); }
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = parameters.size;
  if (at.x >= size.x || at.y >= size.y) {
    return;
  }
  let centre = vec2i(at.xy);
  let axis = vec2i(i32(parameters.axis_x), i32(parameters.axis_y));
  var sum = sample(centre) * weights[0];
  for (var k = 1; k <= i32(parameters.taps); k++) {
    sum += (sample(centre - axis * k) + sample(centre + axis * k)) * weights[k];
  }
  @if(last) {
    let straight = sum.rgb / max(sum.a, 1e-20);
    @if(linear) { sum = vec4f(to_encoded(straight), sum.a); }
    @if(!linear) { sum = vec4f(straight, sum.a); }
    sum = effects(sum, vec2f(at.xy) + 0.5);
  }
  y[at.y * size.x + at.x] = sum;
}
