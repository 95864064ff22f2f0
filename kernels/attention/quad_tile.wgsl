// y = epilogue(softmax(scale · Q·Kᵀ + bias) · V) for 16 queries a workgroup; scores exist only for one block of keys at a time
// (online softmax: Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"; Dao et al. 2022, "FlashAttention").
// Both products are made as in matmul/quad_tile: a quad of four invocations holds 16 x 16 results, first of scores (its own 16
// keys of the block), then of the output (its own 16 of the D columns); the weights pass from one to the other through workgroup memory.
// Made for drivers that run on the processor; also right on others.
// Layouts: q, y [B, N, H, D]; k, v [B, M, H / group, D]; bias broadcast to [B, H, N, M] by strides. Grid: (query tiles, H, B) folded.
// A key is skipped when it is masked by `causal` (key > query), by `window` (query - key >= window) or by a bias of -infinity;
// a query without keys gives 0.
// Preconditions: the subgroups feature; `vector` needs D % 4 = 0; workgroup memory 1088 QUADS bytes.
// Tile constants: HEAD = D; QUADS = ceil(D / 16), which makes a block of 16 QUADS keys.

import package::attention::forward::{finish_scores, highest_of, numerators, SKIPPED, store, v};
import package::attention::operands::{load_k, load_q, parameters};
import package::shared::dispatch::flat_invocation;
import package::shared::quad::{Columns, accumulate, quad_values};
import package::types::unpack3;
import constants::{HEAD, QUADS};

const BLOCK = QUADS * 16u;

// Softmax numerators of a block, four keys a vector: [16 queries, BLOCK / 4]. Entry j of a vector in the row of invocation `lane` of a
// quad belongs to key lane ^ j of the four: so the scores come and so the values are met.
var<workgroup> weights: array<vec4f, QUADS * 64u>;
// The highest score that each quad saw of each query; at the end its part of the denominators.
var<workgroup> parts: array<f32, QUADS * 16u>;

// Elements d .. d + 3 of a row. What lies past the head size is not stored: the last element again.
@if(vector) fn load_v(row: u32, d: u32) -> vec4f { return unpack3(v[(row + d) / 4u]); }
@if(!vector) fn load_v(row: u32, d: u32) -> vec4f {
  let at = min(vec4u(d, d + 1u, d + 2u, d + 3u), vec4u(HEAD - 1u)) + vec4u(row);
  return vec4f(f32(v[at.x]), f32(v[at.y]), f32(v[at.z]), f32(v[at.w]));
}

fn sum_of(four: vec4f) -> f32 {
  return four.x + four.y + four.z + four.w;
}

// QUADS once more, for loops: drivers write those of constant length out, which takes LLVM seconds.
fn quads() -> u32 { return (parameters.vectors + 3u) / 4u; }

fn highest_part(slot: u32, before: f32) -> f32 {
  var highest = before;
  for (var i = 0u; i < quads(); i++) {
    highest = max(highest, parts[i * 16u + slot]);
  }
  return highest;
}

fn reciprocal_of_parts(slot: u32) -> f32 {
  var total = 0.0;
  for (var i = 0u; i < quads(); i++) {
    total += parts[i * 16u + slot];
  }
  return select(1.0 / total, 0.0, total == 0.0);
}

@compute @workgroup_size(QUADS * 4u)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let head = tile / parameters.tiles % parameters.heads;
  let batch = tile / (parameters.tiles * parameters.heads);
  if (batch >= parameters.batch) {
    return;
  }
  let lane = local % 4u;
  let quad = local / 4u;
  let first_query = tile % parameters.tiles * 16u;
  let last_query = min(first_query + 16u, parameters.queries) - 1u;
  let start_q = (batch * parameters.queries * parameters.heads + head) * HEAD;
  let query_stride = parameters.heads * HEAD;
  // Queries past the end repeat the last one; their results are not stored.
  let row0 = start_q + min(first_query + lane, last_query) * query_stride;
  let row1 = start_q + min(first_query + lane + 4u, last_query) * query_stride;
  let row2 = start_q + min(first_query + lane + 8u, last_query) * query_stride;
  let row3 = start_q + min(first_query + lane + 12u, last_query) * query_stride;
  let key_heads = parameters.heads / parameters.group;
  let key_stride = key_heads * HEAD;
  let start_k = (batch * parameters.keys * key_heads + head / parameters.group) * HEAD;
  @if(bias) let start_bias = batch * parameters.bias_batch + head * parameters.bias_head;
  var first_key = 0u;
  var end_key = parameters.keys;
  @if(causal) {
    end_key = min(end_key, last_query + 1u);
  }
  @if(window) {
    first_key = first_query + 1u - min(first_query + 1u, parameters.window);
  }
  let d0 = quad * 16u;
  // Columns past the head size repeat the last four; their results are not stored.
  @if(vector) let d1 = min(d0 + 4u, HEAD - 4u);
  @if(vector) let d2 = min(d0 + 8u, HEAD - 4u);
  @if(vector) let d3 = min(d0 + 12u, HEAD - 4u);
  @if(!vector) let d1 = d0 + 4u;
  @if(!vector) let d2 = d0 + 8u;
  @if(!vector) let d3 = d0 + 12u;

  // What the loops over keys add to is written out, because drivers on the processor keep only what is not in an array in registers; the
  // rest is in arrays, so that it is compiled once. Column j of a matrix is the j-th four of 16 results.
  var sums0 = mat4x4f();
  var sums1 = mat4x4f();
  var sums2 = mat4x4f();
  var sums3 = mat4x4f();
  var highest = array<f32, 4>(SKIPPED, SKIPPED, SKIPPED, SKIPPED);
  var totals: array<f32, 4>;
  var corrections: array<f32, 4>;
  for (var block = first_key; block < end_key; block += BLOCK) {
    let keys = vec4u(block + quad * 16u) + vec4u(lane, lane ^ 1u, lane ^ 2u, lane ^ 3u);
    let k0 = start_k + min(keys.x, end_key - 1u) * key_stride;
    let k1 = start_k + min(keys.x + 4u, end_key - 1u) * key_stride;
    let k2 = start_k + min(keys.x + 8u, end_key - 1u) * key_stride;
    let k3 = start_k + min(keys.x + 12u, end_key - 1u) * key_stride;
    var products0 = mat4x4f();
    var products1 = mat4x4f();
    var products2 = mat4x4f();
    var products3 = mat4x4f();
    for (var i = 0u; i < parameters.vectors; i++) {
      let d = 4u * i;
      let x0 = load_q(row0, d);
      let x1 = load_q(row1, d);
      let x2 = load_q(row2, d);
      let x3 = load_q(row3, d);
      let y0 = load_k(k0, d);
      let y1 = load_k(k1, d);
      let y2 = load_k(k2, d);
      let y3 = load_k(k3, d);
      let columns = Columns(quad_values(y0), quad_values(y1), quad_values(y2), quad_values(y3));
      products0 = accumulate(products0, x0, columns);
      products1 = accumulate(products1, x1, columns);
      products2 = accumulate(products2, x2, columns);
      products3 = accumulate(products3, x3, columns);
    }
    var scores = array<mat4x4f, 4>(products0, products1, products2, products3);
    for (var i = 0u; i < parameters.four; i++) {
      let query = min(first_query + lane + 4u * i, last_query);
      @if(bias) let bias_row = start_bias + query * parameters.bias_query;
      @if(!bias) let bias_row = 0u;
      var most = vec4f(SKIPPED);
      for (var j = 0u; j < parameters.four; j++) {
        let four = finish_scores(scores[i][j], keys + vec4u(4u * j), query, end_key, bias_row);
        scores[i][j] = four;
        most = max(most, four);
      }
      parts[quad * 16u + lane + 4u * i] = highest_of(most);
    }
    workgroupBarrier();
    for (var i = 0u; i < parameters.four; i++) {
      let slot = lane + 4u * i;
      let higher = highest_part(slot, highest[i]);
      corrections[i] = exp(highest[i] - higher);
      highest[i] = higher;
      var total = vec4f(0.0);
      for (var j = 0u; j < parameters.four; j++) {
        let four = numerators(scores[i][j], higher);
        weights[slot * (BLOCK / 4u) + quad * 4u + j] = four;
        total += four;
      }
      totals[i] = totals[i] * corrections[i] + sum_of(total);
    }
    sums0 *= corrections[0];
    sums1 *= corrections[1];
    sums2 *= corrections[2];
    sums3 *= corrections[3];
    // No third barrier: the next block writes `parts` after everybody passed this one, and `weights` after the next.
    workgroupBarrier();
    for (var i = 0u; i < min(BLOCK, end_key - block); i += 4u) {
      let row = start_k + min(block + i + lane, end_key - 1u) * key_stride;
      let x0 = weights[lane * (BLOCK / 4u) + i / 4u];
      let x1 = weights[(lane + 4u) * (BLOCK / 4u) + i / 4u];
      let x2 = weights[(lane + 8u) * (BLOCK / 4u) + i / 4u];
      let x3 = weights[(lane + 12u) * (BLOCK / 4u) + i / 4u];
      let y0 = load_v(row, d0);
      let y1 = load_v(row, d1);
      let y2 = load_v(row, d2);
      let y3 = load_v(row, d3);
      let columns = Columns(
        transpose(quad_values(y0)),
        transpose(quad_values(y1)),
        transpose(quad_values(y2)),
        transpose(quad_values(y3)),
      );
      sums0 = accumulate(sums0, x0, columns);
      sums1 = accumulate(sums1, x1, columns);
      sums2 = accumulate(sums2, x2, columns);
      sums3 = accumulate(sums3, x3, columns);
    }
  }

  // The barriers of the last block let everybody finish reading `parts`.
  for (var i = 0u; i < parameters.four; i++) {
    parts[quad * 16u + lane + 4u * i] = totals[i];
  }
  workgroupBarrier();
  var results = array<mat4x4f, 4>(sums0, sums1, sums2, sums3);
  for (var i = 0u; i < 4u * parameters.four; i++) {
    let slot = lane + i / 4u * 4u;
    let query = first_query + slot;
    let row = start_q + min(query, last_query) * query_stride;
    store(results[i / 4u][i % 4u] * reciprocal_of_parts(slot), query, row, d0 + i % 4u * 4u);
  }
}
