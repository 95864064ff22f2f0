// B(backdrop, source) of the separable blend modes of W3C Compositing and Blending Level 1, section 9.1, on encoded values; `add` is the
// lighter of Level 2.

fn normal(b: vec3f, s: vec3f) -> vec3f { return s; }
fn multiply(b: vec3f, s: vec3f) -> vec3f { return b * s; }
fn screen(b: vec3f, s: vec3f) -> vec3f { return b + s - b * s; }
fn overlay(b: vec3f, s: vec3f) -> vec3f { return hard_light(s, b); }
fn darken(b: vec3f, s: vec3f) -> vec3f { return min(b, s); }
fn lighten(b: vec3f, s: vec3f) -> vec3f { return max(b, s); }
fn hard_light(b: vec3f, s: vec3f) -> vec3f { return select(screen(b, 2.0 * s - 1.0), b * 2.0 * s, s <= vec3f(0.5)); }
fn difference(b: vec3f, s: vec3f) -> vec3f { return abs(b - s); }
fn exclusion(b: vec3f, s: vec3f) -> vec3f { return b + s - 2.0 * b * s; }
fn add(b: vec3f, s: vec3f) -> vec3f { return min(b + s, vec3f(1.0)); }

fn color_dodge(b: vec3f, s: vec3f) -> vec3f {
  let dodged = select(min(vec3f(1.0), b / max(1.0 - s, vec3f(1e-20))), vec3f(1.0), s >= vec3f(1.0));
  return select(dodged, vec3f(0.0), b <= vec3f(0.0));
}

fn color_burn(b: vec3f, s: vec3f) -> vec3f {
  let burnt = select(1.0 - min(vec3f(1.0), (1.0 - b) / max(s, vec3f(1e-20))), vec3f(0.0), s <= vec3f(0.0));
  return select(burnt, vec3f(1.0), b >= vec3f(1.0));
}

fn soft_light(b: vec3f, s: vec3f) -> vec3f {
  let d = select(sqrt(b), ((16.0 * b - 12.0) * b + 4.0) * b, b <= vec3f(0.25));
  return select(b + (2.0 * s - 1.0) * (d - b), b - (1.0 - 2.0 * s) * b * (1.0 - b), s <= vec3f(0.5));
}
