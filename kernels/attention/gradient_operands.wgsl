// What both gradients of attention read beside queries and keys. Bindings: v 3, g 4, statistics 5, products 6, bias 7.
// Layouts: g [B, N, H, D]; v [B, M, H / group, D]; statistics, products [B, N, H]; bias broadcast to [B, H, N, M] by strides.
// Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D.

import package::attention::operands::parameters;
import package::types::{T3, Packed3, unpack3, T4, Packed4, unpack4, T5, T6, T7};
import constants::HEAD;

@if(vector) @group(0) @binding(3) var<storage, read> v: array<Packed3>;
@if(!vector) @group(0) @binding(3) var<storage, read> v: array<T3>;
@if(vector) @group(0) @binding(4) var<storage, read> g: array<Packed4>;
@if(!vector) @group(0) @binding(4) var<storage, read> g: array<T4>;
@group(0) @binding(5) var<storage, read> statistics: array<T5>;
@group(0) @binding(6) var<storage, read> products: array<T6>;
@if(bias) @group(0) @binding(7) var<storage, read> bias: array<T7>;

// Elements d .. d + 3 of a row; 0 past the head size.
@if(vector) fn load_v(row: u32, d: u32) -> vec4f { return unpack3(v[(row + d) / 4u]); }
@if(!vector) fn load_v(row: u32, d: u32) -> vec4f {
  let columns = vec4u(d, d + 1u, d + 2u, d + 3u);
  let at = min(columns, vec4u(HEAD - 1u)) + vec4u(row);
  return select(vec4f(0.0), vec4f(f32(v[at.x]), f32(v[at.y]), f32(v[at.z]), f32(v[at.w])), columns < vec4u(HEAD));
}
@if(vector) fn load_g(row: u32, d: u32) -> vec4f { return unpack4(g[(row + d) / 4u]); }
@if(!vector) fn load_g(row: u32, d: u32) -> vec4f {
  let columns = vec4u(d, d + 1u, d + 2u, d + 3u);
  let at = min(columns, vec4u(HEAD - 1u)) + vec4u(row);
  return select(vec4f(0.0), vec4f(f32(g[at.x]), f32(g[at.y]), f32(g[at.z]), f32(g[at.w])), columns < vec4u(HEAD));
}

// What a bias adds to the score of a pair; -infinity removes the key.
fn bias_of(batch: u32, head: u32, query: u32, key: u32) -> f32 {
  @if(bias) {
    return f32(bias[batch * parameters.bias_batch + head * parameters.bias_head + query * parameters.bias_query + key * parameters.bias_key]);
  }
  @if(!bias) {
    return 0.0;
  }
}
