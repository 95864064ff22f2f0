// What all kernels of attention share: sizes, queries and keys. Bindings: q 1, k 2; parameters of group 1.
// Layouts: q [B, N, H, D]; k [B, M, H / group, D]. Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D.

import package::types::{T1, Packed1, unpack1, T2, Packed2, unpack2};
import constants::HEAD;

struct Parameters {
  queries: u32,
  keys: u32,
  heads: u32,
  // Query heads that share one head of K and V.
  group: u32,
  scale: f32,
  window: u32,
  bias_batch: u32,
  bias_head: u32,
  bias_query: u32,
  bias_key: u32,
  tiles: u32,
  batch: u32,
  // ceil(D / 4) once more, for loops: drivers write those of constant length out, which takes LLVM seconds.
  vectors: u32,
  // 4, for the same reason.
  four: u32,
}

@if(vector) @group(0) @binding(1) var<storage, read> q: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> q: array<T1>;
@if(vector) @group(0) @binding(2) var<storage, read> k: array<Packed2>;
@if(!vector) @group(0) @binding(2) var<storage, read> k: array<T2>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

const VECTORS = (HEAD + 3u) / 4u;

// Elements d .. d + 3 of a row; 0 past the head size.
@if(vector) fn load_q(row: u32, d: u32) -> vec4f { return unpack1(q[(row + d) / 4u]); }
@if(!vector) fn load_q(row: u32, d: u32) -> vec4f {
  let columns = vec4u(d, d + 1u, d + 2u, d + 3u);
  let at = min(columns, vec4u(HEAD - 1u)) + vec4u(row);
  return select(vec4f(0.0), vec4f(f32(q[at.x]), f32(q[at.y]), f32(q[at.z]), f32(q[at.w])), columns < vec4u(HEAD));
}
@if(vector) fn load_k(row: u32, d: u32) -> vec4f { return unpack2(k[(row + d) / 4u]); }
@if(!vector) fn load_k(row: u32, d: u32) -> vec4f {
  let columns = vec4u(d, d + 1u, d + 2u, d + 3u);
  let at = min(columns, vec4u(HEAD - 1u)) + vec4u(row);
  return select(vec4f(0.0), vec4f(f32(k[at.x]), f32(k[at.y]), f32(k[at.z]), f32(k[at.w])), columns < vec4u(HEAD));
}

fn is_minus_infinity(x: f32) -> bool { return bitcast<u32>(x) == 0xff800000u; }
