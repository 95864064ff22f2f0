// The transfer function of sRGB (IEC 61966-2-1) and its inverse, mirrored at 0 for what lies below.

fn to_linear(encoded: vec3f) -> vec3f {
  let size = abs(encoded);
  let curve = pow((size + 0.055) / 1.055, vec3f(2.4));
  return sign(encoded) * select(curve, size / 12.92, size <= vec3f(0.04045));
}

fn to_encoded(linear: vec3f) -> vec3f {
  let size = abs(linear);
  let curve = 1.055 * pow(size, vec3f(1.0 / 2.4)) - 0.055;
  return sign(linear) * select(curve, size * 12.92, size <= vec3f(0.0031308));
}

// Luma of encoded values, luminance of linear ones (Rec. 709).
fn luma(color: vec3f) -> f32 { return dot(color, vec3f(0.2126, 0.7152, 0.0722)); }

// What a blur adds up: light, weighted by alpha.
fn premultiplied_light(color: vec4f) -> vec4f { return vec4f(to_linear(color.rgb) * color.a, color.a); }
