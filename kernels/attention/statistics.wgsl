// y[b, i, h] = log Σ over the keys j of exp(scale · q_i · k_j + bias): what attention's gradient makes the weights of scores from again. One
// invocation serves a query of one head, and goes through the keys once (online: Milakov and Gimelshein 2018).
// Layouts: q [B, N, H, D]; k [B, M, H / group, D]; y [B, N, H]; bias broadcast to [B, H, N, M] by strides. Grid: (query tiles, H, B) folded.
// A key is skipped when it is masked by `causal` (key > query), by `window` (query - key >= window) or by a bias of -infinity; a query
// without keys gives 0. Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D; GROUP invocations a workgroup.

import package::shared::dispatch::flat_invocation;
import package::types::{T0, T1, Packed1, unpack1, T2, Packed2, unpack2, T3};
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

@group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> q: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> q: array<T1>;
@if(vector) @group(0) @binding(2) var<storage, read> k: array<Packed2>;
@if(!vector) @group(0) @binding(2) var<storage, read> k: array<T2>;
@if(bias) @group(0) @binding(3) var<storage, read> bias: array<T3>;
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
