// Sine and cosine to about one unit in the last place of an f32 for |x| up to some ten thousands: WGSL only promises an
// absolute error of 2^-11, and CPU drivers use that freedom.
// Formula: n = round(x / (pi / 2)), r = x - n · pi / 2 with pi / 2 in three parts (Cody and Waite 1980), then the polynomials of
// Cephes for sine and cosine on |r| <= pi / 4, chosen and signed by n mod 4.

fn reduced(x: vec4f, n: vec4f) -> vec4f {
  return ((x - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789954891882e-8;
}

fn quarter_sine(r: vec4f) -> vec4f {
  let z = r * r;
  return r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 + z * -1.9515295891e-4));
}

fn quarter_cosine(r: vec4f) -> vec4f {
  let z = r * r;
  return 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
}

/// Sine of r plus `quarters` right angles.
fn turned(r: vec4f, quarters: vec4i) -> vec4f {
  let value = select(quarter_sine(r), quarter_cosine(r), (quarters & vec4i(1)) == vec4i(1));
  return select(value, -value, (quarters & vec4i(2)) == vec4i(2));
}

fn sin4(x: vec4f) -> vec4f {
  let n = round(x * 0.6366197723675814);
  return turned(reduced(x, n), vec4i(n));
}

fn cos4(x: vec4f) -> vec4f {
  let n = round(x * 0.6366197723675814);
  return turned(reduced(x, n), vec4i(n) + vec4i(1));
}

fn sin1(x: f32) -> f32 {
  return sin4(vec4f(x)).x;
}

fn cos1(x: f32) -> f32 {
  return cos4(vec4f(x)).x;
}
