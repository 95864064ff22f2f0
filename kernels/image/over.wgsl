// A picture over what lies below, which is opaque: y = (1 - a) b + a B(b, c), a = alpha x opacity x coverage, c = x at the place that a pixel
// of the frame comes from (W3C Compositing Level 1, section 5: source-over with blending).
// Place: u = matrix p + offset maps the middle of a pixel of the frame to the picture. `direct` is a shift by whole pixels, in which effects
// take part; otherwise four neighbours are blended, held at the picture's edges, and a pixel that an edge of the window crosses is covered in part.
// Layouts: x [in_size.y, stride]; below and y [size.y, size.x], RGBA, y packed to bytes if `packed_out`.
// Below is one colour (`background`), y itself (`in_place`), or an array.

import package::blend::blend;
import package::effects::effects;
import package::image::source::load;
import package::types::{T0, T0x4, T4x4};

struct Parameters {
  size: vec2u,
  in_size: vec2u,
  // Columns of the matrix.
  across: vec2f,
  down: vec2f,
  offset: vec2f,
  // Of the picture, in its pixels: what is left of it by cropping.
  window_low: vec2f,
  window_high: vec2f,
  // Pixels of the frame in one of the picture, along the picture's axes.
  scale: vec2f,
  background: vec3f,
  opacity: f32,
  stride: u32,
  // Words from a row of packed y to the next.
  out_stride: u32,
}

@if(packed_out) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(!packed_out) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!background && !in_place) @group(0) @binding(4) var<storage, read> below: array<T4x4>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

fn premultiplied(column: i32, row: i32) -> vec4f {
  let held = vec2u(clamp(vec2i(column, row), vec2i(0), vec2i(parameters.in_size) - 1));
  let color = load(held.y * parameters.stride + held.x);
  return vec4f(color.rgb * color.a, color.a);
}

@if(background) fn backdrop_at(index: u32) -> vec3f { return parameters.background; }
@if(in_place) fn backdrop_at(index: u32) -> vec3f { return y[index].rgb; }
@if(!background && !in_place) fn backdrop_at(index: u32) -> vec3f { return below[index].rgb; }

// Straight colour, and alpha times coverage.
fn picture(at: vec2u) -> vec4f {
  @if(direct) {
    let place = vec2i(at) + vec2i(parameters.offset);
    if (any(place < vec2i(0)) || any(place >= vec2i(parameters.in_size))) {
      return vec4f(0.0);
    }
    return effects(load(u32(place.y) * parameters.stride + u32(place.x)), vec2f(place) + 0.5);
  }
  @if(!direct) {
    let p = vec2f(at) + 0.5;
    let u = parameters.across * p.x + parameters.down * p.y + parameters.offset;
    let inside = min(u - parameters.window_low, parameters.window_high - u) * parameters.scale + 0.5;
    let coverage = clamp(inside.x, 0.0, 1.0) * clamp(inside.y, 0.0, 1.0);
    if (coverage <= 0.0) {
      return vec4f(0.0);
    }
    let corner = floor(u - 0.5);
    let share = u - 0.5 - corner;
    let column = i32(corner.x);
    let row = i32(corner.y);
    let top = mix(premultiplied(column, row), premultiplied(column + 1, row), share.x);
    let bottom = mix(premultiplied(column, row + 1), premultiplied(column + 1, row + 1), share.x);
    let color = mix(top, bottom, share.y);
    return vec4f(color.rgb / max(color.a, 1e-20), color.a * coverage);
  }
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = parameters.size;
  if (at.x >= size.x || at.y >= size.y) {
    return;
  }
  let index = at.y * size.x + at.x;
  let backdrop = backdrop_at(index);
  let color = picture(at.xy);
  let alpha = clamp(color.a, 0.0, 1.0) * parameters.opacity;
  let result = vec4f(mix(backdrop, blend(backdrop, clamp(color.rgb, vec3f(0.0), vec3f(1.0))), alpha), 1.0);
  @if(packed_out) { y[at.y * parameters.out_stride + at.x] = pack4x8unorm(result); }
  @if(!packed_out) { y[index] = result; }
}
