// A table of colours, [size (blue), size (green), size (red), 3]: tetrahedral interpolation. The cube of grid points around the colour is cut
// into six tetrahedra by the order of the three fractions; the colour is their weighted sum over one. What lies outside is held.

import package::image::effect_data::table_color;

fn color_table(color: vec4f, table_at: f32, points: f32, amount: f32, low: vec3f, high: vec3f) -> vec4f {
  let table = u32(table_at);
  let size = u32(points);
  let position = clamp((color.rgb - low) / (high - low), vec3f(0.0), vec3f(1.0)) * (points - 1.0);
  let base = min(vec3u(position), vec3u(size - 2u));
  let f = position - vec3f(base);
  let strides = vec3u(3u, 3u * size, 3u * size * size);
  let origin = table + dot(base, strides);
  // From black to white of the cube along the largest fraction first.
  var first = strides.x;
  var second = strides.x + strides.y;
  var order = f;
  if (f.r >= f.g) {
    if (f.g < f.b) {
      if (f.r >= f.b) { second = strides.x + strides.z; order = f.rbg; }
      else { first = strides.z; second = strides.z + strides.x; order = f.brg; }
    }
  } else {
    first = strides.y;
    order = f.grb;
    if (f.r < f.b) {
      second = strides.y + strides.z;
      order = f.gbr;
      if (f.g < f.b) { first = strides.z; order = f.bgr; }
    }
  }
  let last = strides.x + strides.y + strides.z;
  let found = table_color(origin) * (1.0 - order.x) + table_color(origin + first) * (order.x - order.y)
    + table_color(origin + second) * (order.y - order.z) + table_color(origin + last) * order.z;
  return vec4f(mix(color.rgb, found, amount), color.a);
}
