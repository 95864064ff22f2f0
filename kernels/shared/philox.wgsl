// Philox4x32-10, the counter-based generator of src/numeric/random.ts.

/// High half of the 64-bit product, from 16-bit halves (WGSL has no 64-bit integers).
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let middle_low = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (middle_low >> 16u);
}

/// Philox4x32-10 (Salmon et al., SC 2011).
fn philox(start: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = start;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiply_high(0xd2511f53u, c.x);
    let low0 = 0xd2511f53u * c.x;
    let high1 = multiply_high(0xcd9e8d57u, c.z);
    let low1 = 0xcd9e8d57u * c.z;
    c = vec4<u32>(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
