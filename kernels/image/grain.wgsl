// Grain: c + strength(luma) n. n is noise of a grid of `cell` pixels, blended smoothly between its points and divided by the length of the
// weights, so that it is as strong between points as on them. Each point has the sum of two even numbers: a triangle from -1 to 1.
// strength = amount / 4 (1/4 + 3 luma (1 - luma)): strongest in the middle tones. Points are hashed by PCG3D (Jarzynski and Olano 2020).

import package::image::srgb::luma;

fn pcg3d(seed: vec3u) -> vec3u {
  var v = seed * 1664525u + 1013904223u;
  v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
  v ^= v >> vec3u(16u);
  v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
  return v;
}

// Three triangular numbers of one point; the first 24 bits of each hash are held exactly in f32.
fn point(at: vec2u, key: u32) -> vec3f {
  let first = pcg3d(vec3u(at, key));
  let second = pcg3d(vec3u(at, key ^ 0x80000000u));
  return (vec3f(first >> vec3u(8u)) + vec3f(second >> vec3u(8u))) * (1.0 / 16777216.0) - 1.0;
}

fn grain(color: vec4f, at: vec2f, amount: f32, cell: f32, share: f32, frame: f32, seed: f32) -> vec4f {
  let key = u32(frame) * 65536u + u32(seed);
  // From the first pixel's middle on: at a cell of 1 each pixel is a point.
  let grid = (at - 0.5) / cell;
  let base = vec2u(grid);
  let f = smoothstep(vec2f(0.0), vec2f(1.0), grid - vec2f(base));
  let weights = vec4f((1.0 - f.x) * (1.0 - f.y), f.x * (1.0 - f.y), (1.0 - f.x) * f.y, f.x * f.y);
  let noise = (point(base, key) * weights.x + point(base + vec2u(1u, 0u), key) * weights.y
    + point(base + vec2u(0u, 1u), key) * weights.z + point(base + vec2u(1u, 1u), key) * weights.w) / length(weights);
  let light = clamp(luma(color.rgb), 0.0, 1.0);
  let strength = amount * 0.25 * (0.25 + 3.0 * light * (1.0 - light));
  return vec4f(color.rgb + strength * mix(vec3f(noise.x), noise, share), color.a);
}
