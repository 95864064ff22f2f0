// Alpha by the distance from the key in the plane of Cb and Cr (BT.709, full range): d = sqrt((dCb^2 + dCr^2) / 2), and
// alpha times clamp((d - tolerance) / softness, 0, 1). Spill: what the key's strongest channel has above the mean of the other two is
// taken away by the share `spill`. `strongest` has a 1 in that channel.

import package::image::srgb::luma;

fn chroma(color: vec3f) -> vec2f {
  let y = luma(color);
  return vec2f((color.b - y) / 1.8556, (color.r - y) / 1.5748);
}

fn chroma_key(color: vec4f, key: vec2f, tolerance: f32, softness: f32, spill: f32, strongest: vec3f) -> vec4f {
  let distance = length(chroma(color.rgb) - key) * 0.70710678;
  let alpha = clamp((distance - tolerance) / softness, 0.0, 1.0);
  let value = dot(color.rgb, strongest);
  let others = (dot(color.rgb, vec3f(1.0)) - value) * 0.5;
  return vec4f(color.rgb - strongest * spill * max(0.0, value - others), color.a * alpha);
}
