// dq_i = scale Σ over the keys j of p_ij (g_i · v_j - products_i) k_j, with p_ij = exp(scale · q_i · k_j + bias - statistics_i): the gradient
// of attention by its queries, with no score stored (Dao et al. 2022, "FlashAttention", algorithm 4). `products` are g_i · y_i.
// One invocation serves a query of one head; those of a workgroup read the same keys at the same time.
// Layouts: q, g, dq [B, N, H, D]; k, v [B, M, H / group, D]; statistics, products [B, N, H]; bias broadcast to [B, H, N, M] by strides.
// Grid: (query tiles, H, B) folded. Keys are skipped as in attention/statistics.
// Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D; GROUP invocations a workgroup.

import package::attention::gradient_operands::{bias_of, load_g, load_v, products, statistics};
import package::attention::operands::{is_minus_infinity, load_k, load_q, parameters, VECTORS};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4};
import constants::{HEAD, GROUP};

@if(vector) @group(0) @binding(0) var<storage, read_write> dq: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> dq: array<T0>;

fn store(value: vec4f, row: u32, d: u32) {
  @if(vector) {
    dq[(row + d) / 4u] = T0x4(value);
  }
  @if(!vector) {
    for (var i = 0u; i < min(4u, HEAD - d); i++) {
      dq[row + d + i] = T0(value[i]);
    }
  }
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let head = tile / parameters.tiles % parameters.heads;
  let batch = tile / (parameters.tiles * parameters.heads);
  let query = tile % parameters.tiles * GROUP + local;
  if (batch >= parameters.batch || query >= parameters.queries) {
    return;
  }
  let statistic = (batch * parameters.queries + query) * parameters.heads + head;
  let query_row = statistic * HEAD;
  let key_heads = parameters.heads / parameters.group;
  let first_key_row = (batch * parameters.keys * key_heads + head / parameters.group) * HEAD;
  var first_key = 0u;
  var end_key = parameters.keys;
  @if(causal) {
    end_key = min(end_key, query + 1u);
  }
  @if(window) {
    first_key = query + 1u - min(query + 1u, parameters.window);
  }
  let statistic_of_query = f32(statistics[statistic]);
  let product_of_query = f32(products[statistic]);
  var own: array<vec4f, VECTORS>;
  var own_gradient: array<vec4f, VECTORS>;
  var sums: array<vec4f, VECTORS>;
  for (var i = 0u; i < parameters.vectors; i++) {
    own[i] = load_q(query_row, 4u * i);
    own_gradient[i] = load_g(query_row, 4u * i);
  }
  for (var key = first_key; key < end_key; key++) {
    let added = bias_of(batch, head, query, key);
    if (is_minus_infinity(added)) {
      continue;
    }
    let key_row = first_key_row + key * key_heads * HEAD;
    var product = 0.0;
    var change = 0.0;
    for (var i = 0u; i < parameters.vectors; i++) {
      product += dot(own[i], load_k(key_row, 4u * i));
      change += dot(own_gradient[i], load_v(key_row, 4u * i));
    }
    let weight = exp(parameters.scale * product + added - statistic_of_query);
    let slope = parameters.scale * weight * (change - product_of_query);
    for (var i = 0u; i < parameters.vectors; i++) {
      sums[i] += slope * load_k(key_row, 4u * i);
    }
  }
  for (var i = 0u; i < parameters.vectors; i++) {
    store(sums[i], query_row, 4u * i);
  }
}
