// The 6-bit scales and minima of GGUF's Q4_K and Q5_K blocks. Of their 12 bytes the first 4 have the lower 6 bits for scales 0 to 3
// and above them the upper 2 bits of scales 4 to 7; the next 4 the same for minima; the last 4 the lower 4 bits of scales 4 to 7
// (lower halves) and of minima 4 to 7 (upper halves).

// Scale and minimum of a part of 32, from 0 to 7.
fn k_scale_and_minimum(packed: vec3u, part: u32) -> vec2f {
  let bytes = (packed >> vec3u((part & 3u) * 8u)) & vec3u(0xffu);
  let first = bytes.xy & vec2u(63u);
  let second = vec2u(bytes.z & 15u, bytes.z >> 4u) | ((bytes.xy >> vec2u(6u)) << vec2u(4u));
  return vec2f(select(second, first, part < 4u));
}
