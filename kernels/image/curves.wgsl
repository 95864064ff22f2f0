// Curves of the three channels: [3, STEPS + 1] values at equal steps from 0 to 1, straight between them. What lies outside is held.

import package::image::effect_data::table_value;

const STEPS = 1024u;

fn channel(value: f32, table: u32) -> f32 {
  let position = clamp(value, 0.0, 1.0) * f32(STEPS);
  let low = min(u32(position), STEPS - 1u);
  return mix(table_value(table + low), table_value(table + low + 1u), position - f32(low));
}

fn curves(color: vec4f, table_at: f32) -> vec4f {
  let table = u32(table_at);
  return vec4f(
    channel(color.r, table),
    channel(color.g, table + STEPS + 1u),
    channel(color.b, table + 2u * (STEPS + 1u)),
    color.a,
  );
}
