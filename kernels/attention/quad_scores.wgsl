// Products of queries with keys as a quad of four invocations makes them, and which pairs count: what the tiled kernels of attention's
// gradient share. A quad holds 16 x 16 pairs as in matmul/quad_tile: each invocation four rows of its own, `lane`, `lane` + 4 ..., by 16 others;
// entry j of the i-th four others belongs to number 4i + (lane ^ j). Own rows are queries and the others keys, or with `keys` the reverse.

import package::attention::operands::{load_k, load_q, parameters};
import package::shared::quad::{Columns, accumulate, quad_values};

// Products of the own rows that begin at `own` with the others, of which this invocation loads those that begin at `others`.
fn scores_of(own: vec4u, others: vec4u) -> array<mat4x4f, 4> {
  var products0 = mat4x4f();
  var products1 = mat4x4f();
  var products2 = mat4x4f();
  var products3 = mat4x4f();
  for (var i = 0u; i < parameters.vectors; i++) {
    let d = 4u * i;
    @if(!keys) let x0 = load_q(own.x, d);
    @if(!keys) let x1 = load_q(own.y, d);
    @if(!keys) let x2 = load_q(own.z, d);
    @if(!keys) let x3 = load_q(own.w, d);
    @if(!keys) let y0 = load_k(others.x, d);
    @if(!keys) let y1 = load_k(others.y, d);
    @if(!keys) let y2 = load_k(others.z, d);
    @if(!keys) let y3 = load_k(others.w, d);
    @if(keys) let x0 = load_k(own.x, d);
    @if(keys) let x1 = load_k(own.y, d);
    @if(keys) let x2 = load_k(own.z, d);
    @if(keys) let x3 = load_k(own.w, d);
    @if(keys) let y0 = load_q(others.x, d);
    @if(keys) let y1 = load_q(others.y, d);
    @if(keys) let y2 = load_q(others.z, d);
    @if(keys) let y3 = load_q(others.w, d);
    let columns = Columns(quad_values(y0), quad_values(y1), quad_values(y2), quad_values(y3));
    products0 = accumulate(products0, x0, columns);
    products1 = accumulate(products1, x1, columns);
    products2 = accumulate(products2, x2, columns);
    products3 = accumulate(products3, x3, columns);
  }
  return array<mat4x4f, 4>(products0, products1, products2, products3);
}

// Whether each of four queries attends to the key beside it, as far as their numbers tell.
fn attends(queries: vec4u, keys: vec4u) -> vec4<bool> {
  var allowed = (queries < vec4u(parameters.queries)) & (keys < vec4u(parameters.keys));
  @if(causal) {
    allowed = allowed & (keys <= queries);
  }
  @if(window) {
    allowed = allowed & (keys + vec4u(parameters.window) > queries);
  }
  return allowed;
}
