// Light that falls off: times 1 - amount smoothstep(inner, outer, r), r = |(at - centre) scale|, which is 1 in the corners.

import package::image::srgb::{to_linear, to_encoded};

fn vignette(color: vec4f, at: vec2f, amount: f32, inner: f32, outer: f32, centre: vec2f, scale: vec2f) -> vec4f {
  let fall = smoothstep(inner, outer, length((at - centre) * scale));
  return vec4f(to_encoded(to_linear(color.rgb) * (1.0 - amount * fall)), color.a);
}
