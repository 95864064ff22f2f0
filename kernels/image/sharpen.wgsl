// Unsharp mask: y = x + amount (x - blurred) where a channel differs by more than the threshold; then effects. Alpha stays.
// Layouts: x [height, stride], blurred and y [height, width], RGBA with straight alpha.

import package::effects::effects;
import package::image::source::load;
import package::types::{T0x4, T4x4};

struct Parameters {
  size: vec2u,
  stride: u32,
  amount: f32,
  threshold: f32,
}

@group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@group(0) @binding(4) var<storage, read> blurred: array<T4x4>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = parameters.size;
  if (at.x >= size.x || at.y >= size.y) {
    return;
  }
  let color = load(at.y * parameters.stride + at.x);
  let detail = color.rgb - blurred[at.y * size.x + at.x].rgb;
  let sharper = color.rgb + parameters.amount * select(vec3f(0.0), detail, abs(detail) > vec3f(parameters.threshold));
  y[at.y * size.x + at.x] = effects(vec4f(sharper, color.a), vec2f(at.xy) + 0.5);
}
