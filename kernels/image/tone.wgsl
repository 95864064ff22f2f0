// Brightness, contrast and saturation on encoded values; exposure and white balance on light.
// Formulas: c + amount; (c - 0.5) factor + 0.5; luma + (c - luma) factor; encode(decode(c) gain); encode(M decode(c)).

import package::image::srgb::{to_linear, to_encoded, luma};

fn brightness(color: vec4f, amount: f32) -> vec4f { return vec4f(color.rgb + amount, color.a); }

fn contrast(color: vec4f, factor: f32) -> vec4f { return vec4f((color.rgb - 0.5) * factor + 0.5, color.a); }

fn saturation(color: vec4f, factor: f32) -> vec4f { return vec4f(mix(vec3f(luma(color.rgb)), color.rgb, factor), color.a); }

fn exposure(color: vec4f, gain: f32) -> vec4f { return vec4f(to_encoded(to_linear(color.rgb) * gain), color.a); }

fn white_balance(color: vec4f, red: vec3f, green: vec3f, blue: vec3f) -> vec4f {
  let light = to_linear(color.rgb);
  return vec4f(to_encoded(vec3f(dot(red, light), dot(green, light), dot(blue, light))), color.a);
}
