// dx = epilogue((g - mean(g) - n mean(g n)) / d) for each row, with n = (x - mean(x)) / d and d = sqrt(mean((x - mean(x))²) + eps): the
// gradient of normalization/rows. Both means of the brackets and mean(x) are left out unless `centred` (RMS norm, layer norm).
// Layouts: dx, x, g [rows, WIDTH], row-major. Statistics are in f32, the variance from a second look at the row.
// One invocation makes a row, or one workgroup if `cooperative`; the latter keeps its rows in registers if `held`.
// Preconditions: `vector` needs WIDTH % 4 = 0. Tile constants: GROUP invocations a workgroup; HELD vectors (or elements) of a
// row for each invocation.

import package::normalization::row_parameters::{parameters, STEPS};
import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{total, V};
import package::shared::result::store;
import package::shared::source::load;
import package::types::{T2, Packed2, unpack2};
import constants::{WIDTH, GROUP, HELD};

@if(vector) @group(0) @binding(2) var<storage, read> g: array<Packed2>;
@if(!vector) @group(0) @binding(2) var<storage, read> g: array<T2>;

@if(vector) fn load_gradient(at: u32) -> V { return unpack2(g[at]); }
@if(!vector) fn load_gradient(at: u32) -> V { return V(g[at]); }

@if(cooperative) var<workgroup> partial: array<vec2f, GROUP>;

/// Sums over the workgroup; GROUP is a power of two.
@if(cooperative)
fn group_sum(value: vec2f, local: u32) -> vec2f {
  workgroupBarrier();
  partial[local] = value;
  workgroupBarrier();
  for (var half = GROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      partial[local] += partial[local + half];
    }
    workgroupBarrier();
  }
  return partial[0];
}

@if(cooperative)
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= parameters.rows) {
    return;
  }
  let start = row * STEPS;
  var means = vec2f(0.0);
  @if(held) {
    var row_values: array<V, HELD>;
    var row_gradients: array<V, HELD>;
    for (var i = 0u; i < HELD; i++) {
      let step = i * GROUP + local;
      if (step < STEPS) {
        row_values[i] = load(start + step);
        row_gradients[i] = load_gradient(start + step);
      }
    }
    @if(centred) {
      var sums = vec2f(0.0);
      for (var i = 0u; i < HELD; i++) {
        sums += vec2f(total(row_values[i]), total(row_gradients[i]));
      }
      means = group_sum(sums, local) / f32(WIDTH);
    }
    var products = vec2f(0.0);
    for (var i = 0u; i < HELD; i++) {
      if (i * GROUP + local < STEPS) {
        let deviation = row_values[i] - means.x;
        products += vec2f(total(deviation * deviation), total(deviation * row_gradients[i]));
      }
    }
    products = group_sum(products, local) / f32(WIDTH);
    let factor = inverseSqrt(products.x + parameters.eps);
    let share = products.y * factor * factor;
    for (var i = 0u; i < HELD; i++) {
      let step = i * GROUP + local;
      if (step < STEPS) {
        store(start + step, (row_gradients[i] - means.y - (row_values[i] - means.x) * share) * factor);
      }
    }
  }
  @if(!held) {
    @if(centred) {
      var sums = vec2f(0.0);
      for (var step = local; step < STEPS; step += GROUP) {
        sums += vec2f(total(load(start + step)), total(load_gradient(start + step)));
      }
      means = group_sum(sums, local) / f32(WIDTH);
    }
    var products = vec2f(0.0);
    for (var step = local; step < STEPS; step += GROUP) {
      let deviation = load(start + step) - means.x;
      products += vec2f(total(deviation * deviation), total(deviation * load_gradient(start + step)));
    }
    products = group_sum(products, local) / f32(WIDTH);
    let factor = inverseSqrt(products.x + parameters.eps);
    let share = products.y * factor * factor;
    for (var step = local; step < STEPS; step += GROUP) {
      store(start + step, (load_gradient(start + step) - means.y - (load(start + step) - means.x) * share) * factor);
    }
  }
}

@if(!cooperative)
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = flat_invocation(group, groups, local, GROUP);
  if (row >= parameters.rows) {
    return;
  }
  let start = row * STEPS;
  var means = vec2f(0.0);
  @if(centred) {
    for (var step = 0u; step < parameters.steps; step++) {
      means += vec2f(total(load(start + step)), total(load_gradient(start + step)));
    }
    means /= f32(WIDTH);
  }
  var products = vec2f(0.0);
  for (var step = 0u; step < parameters.steps; step++) {
    let deviation = load(start + step) - means.x;
    products += vec2f(total(deviation * deviation), total(deviation * load_gradient(start + step)));
  }
  products /= f32(WIDTH);
  let factor = inverseSqrt(products.x + parameters.eps);
  let share = products.y * factor * factor;
  for (var step = 0u; step < parameters.steps; step++) {
    store(start + step, (load_gradient(start + step) - means.y - (load(start + step) - means.x) * share) * factor);
  }
}
