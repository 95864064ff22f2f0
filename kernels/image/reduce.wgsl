// A smaller picture: each pixel is the mean of the area of x that it covers, colours weighted by alpha; then effects.
// Layouts: x [in_size.y, stride], y [size.y, size.x], RGBA with straight alpha. Precondition: in_size >= size along both axes.

import package::effects::effects;
import package::image::source::load;
import package::types::T0x4;

struct Parameters {
  size: vec2u,
  in_size: vec2u,
  stride: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = parameters.size;
  if (at.x >= size.x || at.y >= size.y) {
    return;
  }
  let ratio = vec2f(parameters.in_size) / vec2f(size);
  let low = vec2f(at.xy) * ratio;
  let high = low + ratio;
  let first = vec2u(low);
  let last = min(vec2u(ceil(high)), parameters.in_size);
  var sum = vec4f(0.0);
  for (var row = first.y; row < last.y; row++) {
    let height = min(high.y, f32(row + 1u)) - max(low.y, f32(row));
    for (var column = first.x; column < last.x; column++) {
      let share = height * (min(high.x, f32(column + 1u)) - max(low.x, f32(column)));
      let color = load(row * parameters.stride + column);
      sum += vec4f(color.rgb * color.a, color.a) * share;
    }
  }
  let color = vec4f(sum.rgb / max(sum.a, 1e-20), sum.a / (ratio.x * ratio.y));
  y[at.y * size.x + at.x] = effects(color, vec2f(at.xy) + 0.5);
}
