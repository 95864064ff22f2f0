// y[b, i, h] = log Σ over the keys j of exp(scale · q_i · k_j + bias): what attention's gradient makes the weights of scores from again. One
// invocation serves a query of one head, and goes through the keys once (online: Milakov and Gimelshein 2018).
// Layouts: q [B, N, H, D]; k [B, M, H / group, D]; y [B, N, H]; bias broadcast to [B, H, N, M] by strides. Grid: (query tiles, H, B) folded.
// A key is skipped when it is masked by `causal` (key > query), by `window` (query - key >= window) or by a bias of -infinity; a query
// without keys gives 0. Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D; GROUP invocations a workgroup.

import package::attention::operands::{is_minus_infinity, load_k, load_q, parameters, VECTORS};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T3};
import constants::{HEAD, GROUP};

@group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(bias) @group(0) @binding(3) var<storage, read> bias: array<T3>;

// What a bias adds to the score of a pair; -infinity removes the key.
fn bias_of(batch: u32, head: u32, query: u32, key: u32) -> f32 {
  @if(bias) {
    return f32(bias[batch * parameters.bias_batch + head * parameters.bias_head + query * parameters.bias_query + key * parameters.bias_key]);
  }
  @if(!bias) {
    return 0.0;
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
  var own: array<vec4f, VECTORS>;
  for (var i = 0u; i < parameters.vectors; i++) {
    own[i] = load_q(query_row, 4u * i);
  }
  // The lowest finite number: no score is below it.
  var highest = -3.4e38;
  var total = 0.0;
  for (var key = first_key; key < end_key; key++) {
    let added = bias_of(batch, head, query, key);
    if (is_minus_infinity(added)) {
      continue;
    }
    let key_row = first_key_row + key * key_heads * HEAD;
    var product = 0.0;
    for (var i = 0u; i < parameters.vectors; i++) {
      product += dot(own[i], load_k(key_row, 4u * i));
    }
    let score = parameters.scale * product + added;
    let higher = max(highest, score);
    total = total * exp(highest - higher) + exp(score - higher);
    highest = higher;
  }
  y[statistic] = T0(select(highest + log(total), 0.0, total == 0.0));
}
