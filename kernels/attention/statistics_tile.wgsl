// The same as attention/statistics in tiles: a quad of four invocations serves 16 queries of one head, and goes through the keys 16 by 16
// as attention/quad_scores makes them; each invocation then knows all scores of four queries.
// Layouts, skipped keys and grid as in attention/statistics; a workgroup serves 4 GROUP queries.
// Preconditions: the subgroups feature; `vector` needs D % 4 = 0. Tile constants: HEAD = D; GROUP invocations a workgroup.

import package::attention::operands::{is_minus_infinity, parameters};
import package::attention::quad_scores::{attends, scores_of};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T3};
import constants::{HEAD, GROUP};

@group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(bias) @group(0) @binding(3) var<storage, read> bias: array<T3>;

// Score of a skipped key. Every other score is at least FLOOR, so that a finite bias, however low, is never taken for a skipped key.
const SKIPPED = -3.4e38;
const FLOOR = -1.7e38;

// Scores of four keys from their products with a query.
fn finish_scores(dots: vec4f, query: u32, keys: vec4u, bias_row: u32) -> vec4f {
  var allowed = attends(vec4u(query), keys);
  var scores = parameters.scale * dots;
  @if(bias) {
    let at = vec4u(bias_row) + min(keys, vec4u(parameters.keys - 1u)) * parameters.bias_key;
    let added = vec4f(f32(bias[at.x]), f32(bias[at.y]), f32(bias[at.z]), f32(bias[at.w]));
    for (var i = 0u; i < 4u; i++) {
      allowed[i] = allowed[i] && !is_minus_infinity(added[i]);
    }
    scores += select(vec4f(0.0), added, allowed);
  }
  return select(vec4f(SKIPPED), max(scores, vec4f(FLOOR)), allowed);
}

fn numerators(scores: vec4f, highest: f32) -> f32 {
  let four = select(vec4f(0.0), exp(scores - vec4f(highest)), scores > vec4f(SKIPPED));
  return four.x + four.y + four.z + four.w;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = flat_invocation(workgroup, workgroups, 0u, 1u);
  let head = tile / parameters.tiles % parameters.heads;
  let batch = tile / (parameters.tiles * parameters.heads);
  if (batch >= parameters.batch) {
    return;
  }
  let lane = local % 4u;
  let first_of_group = tile % parameters.tiles * GROUP * 4u;
  let first_query = first_of_group + local / 4u * 16u;
  let last_query = parameters.queries - 1u;
  // Queries past the end repeat the last one; their results are not stored.
  let queries = min(vec4u(first_query + lane) + vec4u(0u, 4u, 8u, 12u), vec4u(last_query));
  let first_row = batch * parameters.queries * parameters.heads + head;
  let rows = (vec4u(first_row) + queries * parameters.heads) * HEAD;
  let key_heads = parameters.heads / parameters.group;
  let first_key_row = (batch * parameters.keys * key_heads + head / parameters.group) * HEAD;
  // What any query of the workgroup attends to, so that its quads stay together.
  var first_key = 0u;
  var end_key = parameters.keys;
  @if(causal) {
    end_key = min(end_key, first_of_group + GROUP * 4u);
  }
  @if(window) {
    first_key = first_of_group + 1u - min(first_of_group + 1u, parameters.window);
  }
  var highest = array<f32, 4>(SKIPPED, SKIPPED, SKIPPED, SKIPPED);
  var totals: array<f32, 4>;
  for (var block = first_key; block < end_key; block += 16u) {
    let loaded = min(vec4u(block + lane) + vec4u(0u, 4u, 8u, 12u), vec4u(parameters.keys - 1u));
    var scores = scores_of(rows, vec4u(first_key_row) + loaded * key_heads * HEAD);
    for (var i = 0u; i < parameters.four; i++) {
      let query = queries[i];
      let bias_row = batch * parameters.bias_batch + head * parameters.bias_head + query * parameters.bias_query;
      var most = vec4f(SKIPPED);
      for (var j = 0u; j < parameters.four; j++) {
        let keys = vec4u(block + 4u * j) + vec4u(lane, lane ^ 1u, lane ^ 2u, lane ^ 3u);
        let four = finish_scores(scores[i][j], query, keys, bias_row);
        scores[i][j] = four;
        most = max(most, four);
      }
      let higher = max(highest[i], max(max(most.x, most.y), max(most.z, most.w)));
      var total = totals[i] * exp(highest[i] - higher);
      for (var j = 0u; j < parameters.four; j++) {
        total += numerators(scores[i][j], higher);
      }
      highest[i] = higher;
      totals[i] = total;
    }
  }
  for (var i = 0u; i < parameters.four; i++) {
    let query = first_query + lane + 4u * i;
    if (query <= last_query) {
      y[first_row + query * parameters.heads] = T0(select(highest[i] + log(totals[i]), 0.0, totals[i] == 0.0));
    }
  }
}
