// The gradients of attention in tiles, with scores only for one block of pairs at a time (Dao et al. 2022, "FlashAttention", algorithm 4):
// p_ij = exp(scale · q_i · k_j + bias - statistics_i), slope_ij = scale p_ij (g_i · v_j - products_i); `products` are g_i · y_i.
//   by queries:          dq_i = Σ_j slope_ij k_j
//   with `keys`:         dk_j = Σ_i slope_ij q_i and dv_j = Σ_i p_ij g_i, over the queries of all heads that share the key's head
// A workgroup serves 16 queries of a head (or 16 keys of a key head) and goes through the keys (or queries) in blocks of 16 QUADS: each quad
// makes scores and slopes of its own 16 of the block, then its own 16 of the D columns of the results; weights and slopes pass from one to
// the other through workgroup memory, as in attention/quad_tile.
// Layouts: q, g, dq [B, N, H, D]; k, v [B, M, H / group, D]; with `keys` y [2, B, M, H / group, D], dk before dv; statistics, products [B, N, H];
// bias broadcast to [B, H, N, M] by strides. Grid: (tiles, heads or key heads, B) folded. Pairs are skipped as in attention/statistics.
// Preconditions: the subgroups feature; `vector` needs D % 4 = 0; workgroup memory 1024 QUADS bytes, with `keys` 2048.
// Tile constants: HEAD = D; QUADS = ceil(D / 16).

import package::attention::gradient_operands::{bias_of, load_g, load_v, products, statistics};
import package::attention::operands::{is_minus_infinity, load_k, load_q, parameters};
import package::attention::quad_scores::{attends, scores_of};
import package::shared::dispatch::flat_invocation;
import package::shared::quad::{Columns, accumulate, quad_values};
import package::types::{T0, T0x4};
import constants::{HEAD, QUADS};

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;

const BLOCK = QUADS * 16u;

// Of a block, four others a vector: [16 own, BLOCK / 4], entries ordered as attention/quad_scores says.
var<workgroup> slopes: array<vec4f, QUADS * 64u>;
@if(keys) var<workgroup> weights: array<vec4f, QUADS * 64u>;

// Products of g with v for the same pairs as `scores_of`.
fn changes_of(own: vec4u, others: vec4u) -> array<mat4x4f, 4> {
  var products0 = mat4x4f();
  var products1 = mat4x4f();
  var products2 = mat4x4f();
  var products3 = mat4x4f();
  for (var i = 0u; i < parameters.vectors; i++) {
    let d = 4u * i;
    @if(!keys) let x0 = load_g(own.x, d);
    @if(!keys) let x1 = load_g(own.y, d);
    @if(!keys) let x2 = load_g(own.z, d);
    @if(!keys) let x3 = load_g(own.w, d);
    @if(!keys) let y0 = load_v(others.x, d);
    @if(!keys) let y1 = load_v(others.y, d);
    @if(!keys) let y2 = load_v(others.z, d);
    @if(!keys) let y3 = load_v(others.w, d);
    @if(keys) let x0 = load_v(own.x, d);
    @if(keys) let x1 = load_v(own.y, d);
    @if(keys) let x2 = load_v(own.z, d);
    @if(keys) let x3 = load_v(own.w, d);
    @if(keys) let y0 = load_g(others.x, d);
    @if(keys) let y1 = load_g(others.y, d);
    @if(keys) let y2 = load_g(others.z, d);
    @if(keys) let y3 = load_g(others.w, d);
    let columns = Columns(quad_values(y0), quad_values(y1), quad_values(y2), quad_values(y3));
    products0 = accumulate(products0, x0, columns);
    products1 = accumulate(products1, x1, columns);
    products2 = accumulate(products2, x2, columns);
    products3 = accumulate(products3, x3, columns);
  }
  return array<mat4x4f, 4>(products0, products1, products2, products3);
}

// exp(score - statistic) of four pairs; 0 for a pair that is skipped.
fn weights_of(dots: vec4f, queries: vec4u, keys: vec4u, batch: u32, head: u32, statistic: vec4f) -> vec4f {
  var allowed = attends(queries, keys);
  var scores = parameters.scale * dots - statistic;
  @if(bias) {
    let query = min(queries, vec4u(parameters.queries - 1u));
    let key = min(keys, vec4u(parameters.keys - 1u));
    for (var i = 0u; i < 4u; i++) {
      let added = bias_of(batch, head, query[i], key[i]);
      allowed[i] = allowed[i] && !is_minus_infinity(added);
      scores[i] += added;
    }
  }
  return select(vec4f(0.0), exp(scores), allowed);
}

// Four columns of four rows, one from each invocation of the quad: as a matrix's columns meet `accumulate`.
fn columns_of(first: vec4f, second: vec4f, third: vec4f, fourth: vec4f) -> Columns {
  return Columns(
    transpose(quad_values(first)),
    transpose(quad_values(second)),
    transpose(quad_values(third)),
    transpose(quad_values(fourth)),
  );
}

fn store(value: vec4f, row: u32, d: u32) {
  if (d >= HEAD) {
    return;
  }
  @if(vector) {
    y[(row + d) / 4u] = T0x4(value);
  }
  @if(!vector) {
    for (var i = 0u; i < min(4u, HEAD - d); i++) {
      y[row + d + i] = T0(value[i]);
    }
  }
}

@compute @workgroup_size(QUADS * 4u)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let key_heads = parameters.heads / parameters.group;
  @if(keys) let own_heads = key_heads;
  @if(!keys) let own_heads = parameters.heads;
  @if(keys) let own_count = parameters.keys;
  @if(!keys) let own_count = parameters.queries;
  let own_head = tile / parameters.tiles % own_heads;
  let batch = tile / (parameters.tiles * own_heads);
  if (batch >= parameters.batch) {
    return;
  }
  let lane = local % 4u;
  let quad = local / 4u;
  let first_own = tile % parameters.tiles * 16u;
  let last_own = min(first_own + 16u, own_count) - 1u;
  // Own rows past the end repeat the last one; their results are not stored.
  let own = min(vec4u(first_own + lane) + vec4u(0u, 4u, 8u, 12u), vec4u(last_own));
  let own_start = (batch * own_count * own_heads + own_head) * HEAD;
  let own_rows = vec4u(own_start) + own * own_heads * HEAD;
  let d0 = quad * 16u;
  // Columns past the head size repeat the last four where they are loaded as vectors; their results are not stored.
  @if(vector) let d = min(vec4u(d0) + vec4u(0u, 4u, 8u, 12u), vec4u(HEAD - 4u));
  @if(!vector) let d = vec4u(d0) + vec4u(0u, 4u, 8u, 12u);

  @if(keys) let first_head = own_head * parameters.group;
  @if(keys) let end_head = first_head + parameters.group;
  @if(keys) let other_count = parameters.queries;
  @if(keys) let other_heads = parameters.heads;
  @if(!keys) let first_head = own_head;
  @if(!keys) let end_head = own_head + 1u;
  @if(!keys) let other_count = parameters.keys;
  @if(!keys) let other_heads = key_heads;
  let other_stride = other_heads * HEAD;
  var first_other = 0u;
  var end_other = other_count;
  @if(keys && causal) { first_other = first_own; }
  @if(keys && window) { end_other = min(end_other, last_own + parameters.window); }
  @if(!keys && causal) { end_other = min(end_other, last_own + 1u); }
  @if(!keys && window) { first_other = first_own + 1u - min(first_own + 1u, parameters.window); }

  // Sums of slopes, and with `keys` of weights: what the loops add to is written out, because drivers on the processor keep only what is
  // not in an array in registers. Column j of a matrix is the j-th four of 16 results.
  var sums0 = mat4x4f();
  var sums1 = mat4x4f();
  var sums2 = mat4x4f();
  var sums3 = mat4x4f();
  @if(keys) var value_sums0 = mat4x4f();
  @if(keys) var value_sums1 = mat4x4f();
  @if(keys) var value_sums2 = mat4x4f();
  @if(keys) var value_sums3 = mat4x4f();
  for (var head = first_head; head < end_head; head++) {
    @if(keys) let other_start = (batch * other_count * other_heads + head) * HEAD;
    @if(!keys) let other_start = (batch * other_count * other_heads + head / parameters.group) * HEAD;
    let statistics_start = batch * parameters.queries * parameters.heads + head;
    for (var block = first_other; block < end_other; block += BLOCK) {
      let loaded = min(vec4u(block + quad * 16u + lane) + vec4u(0u, 4u, 8u, 12u), vec4u(end_other - 1u));
      let loaded_rows = vec4u(other_start) + loaded * other_stride;
      var scores = scores_of(own_rows, loaded_rows);
      var changes = changes_of(own_rows, loaded_rows);
      for (var j = 0u; j < parameters.four; j++) {
        let others = vec4u(block + quad * 16u + 4u * j) + vec4u(lane, lane ^ 1u, lane ^ 2u, lane ^ 3u);
        for (var i = 0u; i < parameters.four; i++) {
          @if(keys) let queries = others;
          @if(keys) let all_keys = vec4u(own[i]);
          @if(!keys) let queries = vec4u(own[i]);
          @if(!keys) let all_keys = others;
          let at = vec4u(statistics_start) + min(queries, vec4u(parameters.queries - 1u)) * parameters.heads;
          @if(keys) let statistic = vec4f(f32(statistics[at.x]), f32(statistics[at.y]), f32(statistics[at.z]), f32(statistics[at.w]));
          @if(keys) let product = vec4f(f32(products[at.x]), f32(products[at.y]), f32(products[at.z]), f32(products[at.w]));
          @if(!keys) let statistic = vec4f(f32(statistics[at.x]));
          @if(!keys) let product = vec4f(f32(products[at.x]));
          let weight = weights_of(scores[i][j], queries, all_keys, batch, head, statistic);
          let slot = (lane + 4u * i) * (BLOCK / 4u) + quad * 4u + j;
          slopes[slot] = parameters.scale * weight * (changes[i][j] - product);
          @if(keys) { weights[slot] = weight; }
        }
      }
      workgroupBarrier();
      let count = min(BLOCK, end_other - block);
      for (var i = 0u; i < count; i += 4u) {
        let row = other_start + min(block + i + lane, end_other - 1u) * other_stride;
        let x0 = slopes[lane * (BLOCK / 4u) + i / 4u];
        let x1 = slopes[(lane + 4u) * (BLOCK / 4u) + i / 4u];
        let x2 = slopes[(lane + 8u) * (BLOCK / 4u) + i / 4u];
        let x3 = slopes[(lane + 12u) * (BLOCK / 4u) + i / 4u];
        @if(keys) let columns = columns_of(load_q(row, d.x), load_q(row, d.y), load_q(row, d.z), load_q(row, d.w));
        @if(!keys) let columns = columns_of(load_k(row, d.x), load_k(row, d.y), load_k(row, d.z), load_k(row, d.w));
        sums0 = accumulate(sums0, x0, columns);
        sums1 = accumulate(sums1, x1, columns);
        sums2 = accumulate(sums2, x2, columns);
        sums3 = accumulate(sums3, x3, columns);
      }
      @if(keys) {
        for (var i = 0u; i < count; i += 4u) {
          let row = other_start + min(block + i + lane, end_other - 1u) * other_stride;
          let x0 = weights[lane * (BLOCK / 4u) + i / 4u];
          let x1 = weights[(lane + 4u) * (BLOCK / 4u) + i / 4u];
          let x2 = weights[(lane + 8u) * (BLOCK / 4u) + i / 4u];
          let x3 = weights[(lane + 12u) * (BLOCK / 4u) + i / 4u];
          let columns = columns_of(load_g(row, d.x), load_g(row, d.y), load_g(row, d.z), load_g(row, d.w));
          value_sums0 = accumulate(value_sums0, x0, columns);
          value_sums1 = accumulate(value_sums1, x1, columns);
          value_sums2 = accumulate(value_sums2, x2, columns);
          value_sums3 = accumulate(value_sums3, x3, columns);
        }
      }
      workgroupBarrier();
    }
  }

  var results = array<mat4x4f, 4>(sums0, sums1, sums2, sums3);
  @if(keys) var value_results = array<mat4x4f, 4>(value_sums0, value_sums1, value_sums2, value_sums3);
  @if(keys) let values_start = parameters.batch * parameters.keys * key_heads * HEAD;
  for (var i = 0u; i < 4u * parameters.four; i++) {
    let row = own_start + (first_own + lane + i / 4u * 4u) * own_heads * HEAD;
    if (first_own + lane + i / 4u * 4u <= last_own) {
      store(results[i / 4u][i % 4u], row, d0 + i % 4u * 4u);
      @if(keys) { store(value_results[i / 4u][i % 4u], values_start + row, d0 + i % 4u * 4u); }
    }
  }
}
