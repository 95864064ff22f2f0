// dk_j = scale Σ over the queries i of p_ij (g_i · v_j - products_i) q_i and dv_j = Σ p_ij g_i, with
// p_ij = exp(scale · q_i · k_j + bias - statistics_i): the gradients of attention by its keys and values, with no score stored (Dao et al.
// 2022, "FlashAttention", algorithm 4). `products` are g_i · y_i.
// One invocation serves a key of one key head; those of a workgroup read the same queries at the same time.
// Layouts: q, g [B, N, H, D]; k, v [B, M, H / group, D]; y [2, B, M, H / group, D], dk before dv; statistics, products [B, N, H]; bias
// broadcast to [B, H, N, M] by strides. Grid: (key tiles, H / group, B) folded. Pairs are skipped as in attention/statistics.
// Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D; GROUP invocations a workgroup.

import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, Packed1, unpack1, T2, Packed2, unpack2, T3, Packed3, unpack3, T4, Packed4, unpack4, T5, T6, T7};
import constants::{HEAD, GROUP};

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
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> q: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> q: array<T1>;
@if(vector) @group(0) @binding(2) var<storage, read> k: array<Packed2>;
@if(!vector) @group(0) @binding(2) var<storage, read> k: array<T2>;
@if(vector) @group(0) @binding(3) var<storage, read> v: array<Packed3>;
@if(!vector) @group(0) @binding(3) var<storage, read> v: array<T3>;
@if(vector) @group(0) @binding(4) var<storage, read> g: array<Packed4>;
@if(!vector) @group(0) @binding(4) var<storage, read> g: array<T4>;
@group(0) @binding(5) var<storage, read> statistics: array<T5>;
@group(0) @binding(6) var<storage, read> products: array<T6>;
@if(bias) @group(0) @binding(7) var<storage, read> bias: array<T7>;
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

fn store(value: vec4f, row: u32, d: u32) {
  @if(vector) {
    y[(row + d) / 4u] = T0x4(value);
  }
  @if(!vector) {
    for (var i = 0u; i < min(4u, HEAD - d); i++) {
      y[row + d + i] = T0(value[i]);
    }
  }
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

fn is_minus_infinity(x: f32) -> bool { return bitcast<u32>(x) == 0xff800000u; }

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let key_heads = parameters.heads / parameters.group;
  let key_head = tile / parameters.tiles % key_heads;
  let batch = tile / (parameters.tiles * key_heads);
  let key = tile % parameters.tiles * GROUP + local;
  if (batch >= parameters.batch || key >= parameters.keys) {
    return;
  }
  let key_row = ((batch * parameters.keys + key) * key_heads + key_head) * HEAD;
  let values_start = parameters.batch * parameters.keys * key_heads * HEAD;
  var first_query = 0u;
  var end_query = parameters.queries;
  @if(causal) {
    first_query = key;
  }
  @if(window) {
    end_query = min(end_query, key + parameters.window);
  }
  var own: array<vec4f, VECTORS>;
  var own_value: array<vec4f, VECTORS>;
  var sums: array<vec4f, VECTORS>;
  var value_sums: array<vec4f, VECTORS>;
  for (var i = 0u; i < parameters.vectors; i++) {
    own[i] = load_k(key_row, 4u * i);
    own_value[i] = load_v(key_row, 4u * i);
  }
  for (var head = key_head * parameters.group; head < (key_head + 1u) * parameters.group; head++) {
    for (var query = first_query; query < end_query; query++) {
      let added = bias_of(batch, head, query, key);
      if (is_minus_infinity(added)) {
        continue;
      }
      let statistic = (batch * parameters.queries + query) * parameters.heads + head;
      let query_row = statistic * HEAD;
      var product = 0.0;
      var change = 0.0;
      for (var i = 0u; i < parameters.vectors; i++) {
        product += dot(own[i], load_q(query_row, 4u * i));
        change += dot(own_value[i], load_g(query_row, 4u * i));
      }
      let weight = exp(parameters.scale * product + added - f32(statistics[statistic]));
      let slope = parameters.scale * weight * (change - f32(products[statistic]));
      for (var i = 0u; i < parameters.vectors; i++) {
        sums[i] += slope * load_q(query_row, 4u * i);
        value_sums[i] += weight * load_g(query_row, 4u * i);
      }
    }
  }
  for (var i = 0u; i < parameters.vectors; i++) {
    store(sums[i], key_row, 4u * i);
    store(value_sums[i], values_start + key_row, 4u * i);
  }
}
