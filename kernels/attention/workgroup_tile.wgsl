// y = epilogue(softmax(scale · Q·Kᵀ + bias) · V): a workgroup of 8 x 8 invocations serves 32 queries; scores exist only for one block of
// 32 keys at a time (online softmax: Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"; Dao et al. 2022,
// "FlashAttention"). Both products are made as in matmul/workgroup_tile: slices pass through workgroup memory, and each invocation
// keeps 4 x 4 scores, then 4 queries x 4 columns of every 32 columns of the output. For graphics processors.
// Layouts: q, y [B, N, H, D]; k, v [B, M, H / group, D]; bias broadcast to [B, H, N, M] by strides. Grid: (query tiles, H, B) folded.
// A key is skipped when it is masked by `causal` (key > query), by `window` (query - key >= window) or by a bias of -infinity;
// a query without keys gives 0.
// Preconditions: 13 KiB of workgroup memory; `vector` needs D % 4 = 0. Tile constants: HEAD = D; CHUNKS = ceil(D / 32).

import package::attention::forward::{finish_scores, highest_of, numerators, SKIPPED, store, v};
import package::attention::operands::{k, parameters, q};
import package::shared::dispatch::flat_invocation;
import package::types::{unpack1, unpack2, unpack3};
import constants::{HEAD, CHUNKS};

// Queries and keys of a tile, columns of a chunk of V, and how deep the slices of Q and K are.
const TILE = 32u;
const DEPTH = 16u;

// Slices with the head's dimension outermost; scalars, because two invocations may not write into one vector.
var<workgroup> slice_q: array<array<f32, TILE>, DEPTH>;
var<workgroup> slice_k: array<array<f32, TILE>, DEPTH>;
// 32 keys, four columns a vector.
var<workgroup> slice_v: array<array<vec4f, TILE / 4u>, TILE>;
// Softmax numerators: 32 queries, four keys a vector.
var<workgroup> weights: array<array<vec4f, TILE / 4u>, TILE>;
// The highest score that each invocation saw of each query; at the end its part of the denominators.
var<workgroup> parts: array<array<f32, TILE / 4u>, TILE>;

// Elements d .. d + 3 of a row; 0 past the head size.
fn load_q(row: u32, d: u32) -> vec4f {
  @if(vector) {
    if (d >= HEAD) {
      return vec4f(0.0);
    }
    return unpack1(q[(row + d) / 4u]);
  }
  @if(!vector) {
    var x = vec4f(0.0);
    for (var i = 0u; i < 4u; i++) {
      if (d + i < HEAD) {
        x[i] = f32(q[row + d + i]);
      }
    }
    return x;
  }
}

fn load_k(row: u32, d: u32) -> vec4f {
  @if(vector) {
    if (d >= HEAD) {
      return vec4f(0.0);
    }
    return unpack2(k[(row + d) / 4u]);
  }
  @if(!vector) {
    var x = vec4f(0.0);
    for (var i = 0u; i < 4u; i++) {
      if (d + i < HEAD) {
        x[i] = f32(k[row + d + i]);
      }
    }
    return x;
  }
}

fn load_v(row: u32, d: u32) -> vec4f {
  @if(vector) {
    if (d >= HEAD) {
      return vec4f(0.0);
    }
    return unpack3(v[(row + d) / 4u]);
  }
  @if(!vector) {
    var x = vec4f(0.0);
    for (var i = 0u; i < 4u; i++) {
      if (d + i < HEAD) {
        x[i] = f32(v[row + d + i]);
      }
    }
    return x;
  }
}

fn highest_part(query: u32, before: f32) -> f32 {
  var highest = before;
  for (var i = 0u; i < TILE / 4u; i++) {
    highest = max(highest, parts[query][i]);
  }
  return highest;
}

fn reciprocal_of_parts(query: u32) -> f32 {
  var total = 0.0;
  for (var i = 0u; i < TILE / 4u; i++) {
    total += parts[query][i];
  }
  return select(1.0 / total, 0.0, total == 0.0);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let head = tile / parameters.tiles % parameters.heads;
  let batch = tile / (parameters.tiles * parameters.heads);
  if (batch >= parameters.batch) {
    return;
  }
  let first_query = tile % parameters.tiles * TILE;
  let last_query = min(first_query + TILE, parameters.queries) - 1u;
  let query_stride = parameters.heads * HEAD;
  let start_q = (batch * parameters.queries * parameters.heads + head) * HEAD;
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
  let column = local % 8u;
  let slot = local / 8u * 4u;
  // Queries past the end repeat the last one; their results are not stored.
  let query0 = min(first_query + slot, last_query);
  @if(bias) let bias0 = start_bias + query0 * parameters.bias_query;
  @if(!bias) let bias0 = 0u;
  var highest0 = SKIPPED;
  var total0 = 0.0;
  let query1 = min(first_query + slot + 1u, last_query);
  @if(bias) let bias1 = start_bias + query1 * parameters.bias_query;
  @if(!bias) let bias1 = 0u;
  var highest1 = SKIPPED;
  var total1 = 0.0;
  let query2 = min(first_query + slot + 2u, last_query);
  @if(bias) let bias2 = start_bias + query2 * parameters.bias_query;
  @if(!bias) let bias2 = 0u;
  var highest2 = SKIPPED;
  var total2 = 0.0;
  let query3 = min(first_query + slot + 3u, last_query);
  @if(bias) let bias3 = start_bias + query3 * parameters.bias_query;
  @if(!bias) let bias3 = 0u;
  var highest3 = SKIPPED;
  var total3 = 0.0;
  var sums: array<array<vec4f, 4>, CHUNKS>;

  for (var block = first_key; block < end_key; block += TILE) {
    var s0 = vec4f(0.0);
    var s1 = vec4f(0.0);
    var s2 = vec4f(0.0);
    var s3 = vec4f(0.0);
    for (var depth = 0u; depth < HEAD; depth += DEPTH) {
      // Each invocation loads half a row of both slices.
      let line = local / 2u;
      let along = local % 2u * 8u;
      let row_q = start_q + min(first_query + line, last_query) * query_stride;
      let row_k = start_k + min(block + line, end_key - 1u) * key_stride;
      for (var i = 0u; i < 8u; i += 4u) {
        let x = load_q(row_q, depth + along + i);
        let w = load_k(row_k, depth + along + i);
        for (var j = 0u; j < 4u; j++) {
          slice_q[along + i + j][line] = x[j];
          slice_k[along + i + j][line] = w[j];
        }
      }
      workgroupBarrier();
      for (var i = 0u; i < DEPTH; i++) {
        let w = vec4f(slice_k[i][column * 4u], slice_k[i][column * 4u + 1u], slice_k[i][column * 4u + 2u], slice_k[i][column * 4u + 3u]);
        s0 += slice_q[i][slot] * w;
        s1 += slice_q[i][slot + 1u] * w;
        s2 += slice_q[i][slot + 2u] * w;
        s3 += slice_q[i][slot + 3u] * w;
      }
      workgroupBarrier();
    }
    let first = block + column * 4u;
    let keys = vec4u(first, first + 1u, first + 2u, first + 3u);
    s0 = finish_scores(s0, keys, query0, end_key, bias0);
    parts[slot][column] = highest_of(s0);
    s1 = finish_scores(s1, keys, query1, end_key, bias1);
    parts[slot + 1u][column] = highest_of(s1);
    s2 = finish_scores(s2, keys, query2, end_key, bias2);
    parts[slot + 2u][column] = highest_of(s2);
    s3 = finish_scores(s3, keys, query3, end_key, bias3);
    parts[slot + 3u][column] = highest_of(s3);
    workgroupBarrier();
    let higher0 = highest_part(slot, highest0);
    let correction0 = exp(highest0 - higher0);
    highest0 = higher0;
    s0 = numerators(s0, higher0);
    total0 = total0 * correction0 + s0.x + s0.y + s0.z + s0.w;
    weights[slot][column] = s0;
    let higher1 = highest_part(slot + 1u, highest1);
    let correction1 = exp(highest1 - higher1);
    highest1 = higher1;
    s1 = numerators(s1, higher1);
    total1 = total1 * correction1 + s1.x + s1.y + s1.z + s1.w;
    weights[slot + 1u][column] = s1;
    let higher2 = highest_part(slot + 2u, highest2);
    let correction2 = exp(highest2 - higher2);
    highest2 = higher2;
    s2 = numerators(s2, higher2);
    total2 = total2 * correction2 + s2.x + s2.y + s2.z + s2.w;
    weights[slot + 2u][column] = s2;
    let higher3 = highest_part(slot + 3u, highest3);
    let correction3 = exp(highest3 - higher3);
    highest3 = higher3;
    s3 = numerators(s3, higher3);
    total3 = total3 * correction3 + s3.x + s3.y + s3.z + s3.w;
    weights[slot + 3u][column] = s3;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      for (var i = 0u; i < 4u; i++) {
        let line = local / 8u + i * 8u;
        slice_v[line][column] = load_v(start_k + min(block + line, end_key - 1u) * key_stride, chunk * TILE + column * 4u);
      }
      workgroupBarrier();
      sums[chunk][0] *= correction0;
      sums[chunk][1] *= correction1;
      sums[chunk][2] *= correction2;
      sums[chunk][3] *= correction3;
      for (var i = 0u; i < TILE / 4u; i++) {
        let v0 = slice_v[i * 4u + 0u][column];
        let v1 = slice_v[i * 4u + 1u][column];
        let v2 = slice_v[i * 4u + 2u][column];
        let v3 = slice_v[i * 4u + 3u][column];
        let w0 = weights[slot][i];
        sums[chunk][0] += w0.x * v0 + w0.y * v1 + w0.z * v2 + w0.w * v3;
        let w1 = weights[slot + 1u][i];
        sums[chunk][1] += w1.x * v0 + w1.y * v1 + w1.z * v2 + w1.w * v3;
        let w2 = weights[slot + 2u][i];
        sums[chunk][2] += w2.x * v0 + w2.y * v1 + w2.z * v2 + w2.w * v3;
        let w3 = weights[slot + 3u][i];
        sums[chunk][3] += w3.x * v0 + w3.y * v1 + w3.z * v2 + w3.w * v3;
      }
      workgroupBarrier();
    }
  }

  parts[slot][column] = total0;
  parts[slot + 1u][column] = total1;
  parts[slot + 2u][column] = total2;
  parts[slot + 3u][column] = total3;
  workgroupBarrier();
  let normalizer0 = reciprocal_of_parts(slot);
  let stored0 = first_query + slot;
  let normalizer1 = reciprocal_of_parts(slot + 1u);
  let stored1 = first_query + slot + 1u;
  let normalizer2 = reciprocal_of_parts(slot + 2u);
  let stored2 = first_query + slot + 2u;
  let normalizer3 = reciprocal_of_parts(slot + 3u);
  let stored3 = first_query + slot + 3u;
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    let d = chunk * TILE + column * 4u;
    store(sums[chunk][0] * normalizer0, stored0, start_q + query0 * query_stride, d);
    store(sums[chunk][1] * normalizer1, stored1, start_q + query1 * query_stride, d);
    store(sums[chunk][2] * normalizer2, stored2, start_q + query2 * query_stride, d);
    store(sums[chunk][3] * normalizer3, stored3, start_q + query3 * query_stride, d);
  }
}
