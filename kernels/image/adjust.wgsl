// y = effects(x), pixel by pixel: all pixel effects of a clip that follow each other, in one generated function (`package::effects`).
// Layouts: x [height, stride] and y [height, width], RGBA with straight alpha; see source.wgsl.

import package::effects::effects;
import package::image::source::load;
import package::types::T0x4;

struct Parameters {
  size: vec2u,
  // Pixels from a row of x to the next.
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
  y[at.y * size.x + at.x] = effects(load(at.y * parameters.stride + at.x), vec2f(at.xy) + 0.5);
}
