// What both forward kernels of attention share beside queries and keys: scores, values and how results are stored. Bindings: y 0, v 3, bias 4.
// Layouts: y [B, N, H, D]; v [B, M, H / group, D]; bias broadcast to [B, H, N, M] by strides.
// A key is skipped when it is masked by `causal` (key > query), by `window` (query - key >= window) or by a bias of -infinity.
// Preconditions: `vector` needs D % 4 = 0. Tile constants: HEAD = D.

import package::attention::operands::parameters;
import package::epilogue::{epilogue, epilogue4};
import package::types::{T0, T0x4, T3, Packed3, T4};
import constants::HEAD;

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(3) var<storage, read> v: array<Packed3>;
@if(!vector) @group(0) @binding(3) var<storage, read> v: array<T3>;
@if(bias) @group(0) @binding(4) var<storage, read> bias: array<T4>;

// Score of a skipped key. Every other score is at least FLOOR, so that a finite bias, however low, is never taken for a skipped key.
const SKIPPED = -3.4e38;
const FLOOR = -1.7e38;

// Scores of four keys from their products with a query.
fn finish_scores(products: vec4f, keys: vec4u, query: u32, end_key: u32, bias_row: u32) -> vec4f {
  var allowed = keys < vec4u(end_key);
  @if(causal) {
    allowed = allowed & (keys <= vec4u(query));
  }
  @if(window) {
    allowed = allowed & (keys + vec4u(parameters.window) > vec4u(query));
  }
  var scores = parameters.scale * products;
  @if(bias) {
    let at = vec4u(bias_row) + min(keys, vec4u(end_key - 1u)) * parameters.bias_key;
    let added = vec4f(f32(bias[at.x]), f32(bias[at.y]), f32(bias[at.z]), f32(bias[at.w]));
    let minus_infinity = bitcast<vec4u>(added) == vec4u(0xff800000u);
    scores += select(added, vec4f(0.0), minus_infinity);
    allowed = allowed & !minus_infinity;
  }
  return select(vec4f(SKIPPED), max(scores, vec4f(FLOOR)), allowed);
}

fn highest_of(scores: vec4f) -> f32 {
  return max(max(scores.x, scores.y), max(scores.z, scores.w));
}

fn numerators(scores: vec4f, highest: f32) -> vec4f {
  return select(vec4f(0.0), exp(scores - vec4f(highest)), scores > vec4f(SKIPPED));
}

// Stores columns d .. d + 3 of a query's result.
fn store(values: vec4f, query: u32, row: u32, d: u32) {
  if (query >= parameters.queries || d >= HEAD) {
    return;
  }
  let at = row + d;
  @if(vector) {
    y[at / 4u] = T0x4(epilogue4(values, at));
  }
  @if(!vector) {
    for (var i = 0u; i < min(4u, HEAD - d); i++) {
      y[at + i] = T0(epilogue(values[i], at + i));
    }
  }
}
