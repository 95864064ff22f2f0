// dk_j = scale Σ over the queries i of p_ij (g_i · v_j - products_i) q_i and dv_j = Σ p_ij g_i, with
// p_ij = exp(scale · q_i · k_j + bias - statistics_i): the gradients of attention by its keys and values, with no score stored (Dao et al.
// 2022, "FlashAttention", algorithm 4). `products` are g_i · y_i.
// One invocation serves a key of one key head; those of a workgroup read the same queries at the same time.
// Layouts: q, g [B, N, H, D]; k, v [B, M, H / group, D]; y [2, B, M, H / group, D], dk before dv; statistics, products [B, N, H]; bias
// broadcast to [B, H, N, M] by strides. Grid: (key tiles, H / group, B) folded. Pairs are skipped as in attention/statistics.
// Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D; GROUP invocations a workgroup.

import package::attention::gradient_operands::{bias_of, load_g, load_v, products, statistics};
import package::attention::operands::{is_minus_infinity, load_k, load_q, parameters, VECTORS};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4};
import constants::{HEAD, GROUP};

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;

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
