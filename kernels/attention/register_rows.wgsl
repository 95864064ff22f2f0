// y = epilogue(softmax(scale · Q·Kᵀ + bias) · V), one query an invocation: its row of Q and of the result stay in registers while
// all invocations of a workgroup walk over the same keys, four at a time, with the online softmax of Milakov and Gimelshein 2018
// ("Online normalizer calculation for softmax"); scores are never stored.
// Layouts: q, y [B, N, H, D]; k, v [B, M, H / group, D]; bias broadcast to [B, H, N, M] by strides. Grid: (query blocks, H, B).
// A key is skipped when it is masked by `causal` (key > query), by `window` (query - key >= window) or by a bias of -infinity;
// a query without keys gives 0.
// Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D, VECTORS = ceil(D / 4), GROUP invocations a workgroup.

import package::shared::dispatch::flat_invocation;
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4, T1, T1x4, T2, T2x4, T3, T3x4, T4};
import constants::{HEAD, VECTORS, GROUP};

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
  query_tiles: u32,
  batch: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> q: array<T1x4>;
@if(!vector) @group(0) @binding(1) var<storage, read> q: array<T1>;
@if(vector) @group(0) @binding(2) var<storage, read> k: array<T2x4>;
@if(!vector) @group(0) @binding(2) var<storage, read> k: array<T2>;
@if(vector) @group(0) @binding(3) var<storage, read> v: array<T3x4>;
@if(!vector) @group(0) @binding(3) var<storage, read> v: array<T3>;
@if(bias) @group(0) @binding(4) var<storage, read> bias: array<T4>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

const LOWEST = -3.4028234663852886e38;

// Four neighbouring elements d .. d + 3 of the row that starts at `row`; elements past the head size are 0.
@if(vector) fn q4(row: u32, d: u32) -> vec4f { return vec4f(q[(row >> 2u) + d]); }
@if(vector) fn k4(row: u32, d: u32) -> vec4f { return vec4f(k[(row >> 2u) + d]); }
@if(vector) fn v4(row: u32, d: u32) -> vec4f { return vec4f(v[(row >> 2u) + d]); }
@if(!vector) fn q4(row: u32, d: u32) -> vec4f {
  var x: vec4f;
  for (var i = 0u; i < min(4u, HEAD - d * 4u); i++) { x[i] = f32(q[row + d * 4u + i]); }
  return x;
}
@if(!vector) fn k4(row: u32, d: u32) -> vec4f {
  var x: vec4f;
  for (var i = 0u; i < min(4u, HEAD - d * 4u); i++) { x[i] = f32(k[row + d * 4u + i]); }
  return x;
}
@if(!vector) fn v4(row: u32, d: u32) -> vec4f {
  var x: vec4f;
  for (var i = 0u; i < min(4u, HEAD - d * 4u); i++) { x[i] = f32(v[row + d * 4u + i]); }
  return x;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let head = tile / parameters.query_tiles % parameters.heads;
  let batch = tile / (parameters.query_tiles * parameters.heads);
  if (batch >= parameters.batch) {
    return;
  }
  let first_query = tile % parameters.query_tiles * GROUP;
  let last_query = min(first_query + GROUP, parameters.queries) - 1u;
  let query = min(first_query + local, last_query);
  let row = ((batch * parameters.queries + query) * parameters.heads + head) * HEAD;
  var x: array<vec4f, VECTORS>;
  for (var d = 0u; d < VECTORS; d++) {
    x[d] = parameters.scale * q4(row, d);
  }
  var sum: array<vec4f, VECTORS>;
  var highest = LOWEST;
  var total = 0.0;

  let key_heads = parameters.heads / parameters.group;
  let key_stride = key_heads * HEAD;
  let key_start = (batch * parameters.keys * key_heads + head / parameters.group) * HEAD;
  var first_key = 0u;
  var end_key = parameters.keys;
  @if(causal) {
    end_key = min(end_key, last_query + 1u);
  }
  @if(window) {
    first_key = first_query + 1u - min(first_query + 1u, parameters.window);
  }
  @if(bias) let bias_row = batch * parameters.bias_batch + head * parameters.bias_head + query * parameters.bias_query;

  for (var block = first_key; block < end_key; block += 4u) {
    let keys = vec4u(block, block + 1u, block + 2u, block + 3u);
    let rows = vec4u(key_start) + min(keys, vec4u(end_key - 1u)) * key_stride;
    var scores = vec4f(0.0);
    for (var d = 0u; d < VECTORS; d++) {
      scores += vec4f(dot(x[d], k4(rows.x, d)), dot(x[d], k4(rows.y, d)), dot(x[d], k4(rows.z, d)), dot(x[d], k4(rows.w, d)));
    }
    var allowed = keys < vec4u(end_key);
    @if(causal) {
      allowed = allowed & (keys <= vec4u(query));
    }
    @if(window) {
      allowed = allowed & (keys + vec4u(parameters.window) > vec4u(query));
    }
    @if(bias) {
      let at = vec4u(bias_row) + min(keys, vec4u(end_key - 1u)) * parameters.bias_key;
      let b = vec4f(f32(bias[at.x]), f32(bias[at.y]), f32(bias[at.z]), f32(bias[at.w]));
      allowed = allowed & (bitcast<vec4u>(b) != vec4u(0xff800000u));
      scores += b;
    }
    scores = select(vec4f(LOWEST), scores, allowed);
    let higher = max(highest, max(max(scores.x, scores.y), max(scores.z, scores.w)));
    let correction = exp(highest - higher);
    let p = select(vec4f(0.0), exp(scores - vec4f(higher)), allowed);
    total = total * correction + p.x + p.y + p.z + p.w;
    highest = higher;
    for (var d = 0u; d < VECTORS; d++) {
      sum[d] = sum[d] * correction + p.x * v4(rows.x, d) + p.y * v4(rows.y, d) + p.z * v4(rows.z, d) + p.w * v4(rows.w, d);
    }
  }

  if (first_query + local > last_query) {
    return;
  }
  let normalizer = select(1.0 / total, 0.0, total == 0.0);
  for (var d = 0u; d < VECTORS; d++) {
    let result = sum[d] * normalizer;
    let at = row + d * 4u;
    @if(vector) {
      y[at >> 2u] = T0x4(epilogue4(result, at));
    }
    @if(!vector) {
      for (var i = 0u; i < min(4u, HEAD - d * 4u); i++) {
        y[at + i] = T0(epilogue(result[i], at + i));
      }
    }
  }
}
