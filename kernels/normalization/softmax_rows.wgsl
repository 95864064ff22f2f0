// y = epilogue(exp(x - m) / Σ exp(x - m)) for each row, m its largest element.
// Layouts: x and y [rows, WIDTH], row-major; sums in f32. One invocation makes a row, or one workgroup if `cooperative`; the
// latter keeps its row in registers if `held`.
// Preconditions: `vector` needs WIDTH % 4 = 0. Tile constants: GROUP invocations a workgroup (a power of two); HELD vectors
// (or elements) of a row for each invocation.

import package::normalization::row_parameters::{parameters, STEPS};
import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{total, V};
import package::shared::result::store;
import package::shared::source::load;
import constants::{WIDTH, GROUP, HELD};

const LOWEST = -3.4028234663852886e38;

fn largest(value: V) -> f32 {
  @if(vector) { return max(max(value.x, value.y), max(value.z, value.w)); }
  @if(!vector) { return value; }
}

@if(cooperative) var<workgroup> partial: array<f32, GROUP>;

/// Sum, or the largest, over the workgroup.
@if(cooperative)
fn group_combine(value: f32, local: u32, maximum: bool) -> f32 {
  workgroupBarrier();
  partial[local] = value;
  workgroupBarrier();
  for (var half = GROUP / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      let a = partial[local];
      let b = partial[local + half];
      partial[local] = select(a + b, max(a, b), maximum);
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
  var peak = V(LOWEST);
  var sum = V(0.0);
  @if(held) {
    var row_values: array<V, HELD>;
    for (var i = 0u; i < HELD; i++) {
      let step = i * GROUP + local;
      row_values[i] = V(LOWEST);
      if (step < STEPS) {
        row_values[i] = load(start + step);
      }
      peak = max(peak, row_values[i]);
    }
    let top = group_combine(largest(peak), local, true);
    for (var i = 0u; i < HELD; i++) {
      row_values[i] = exp(row_values[i] - top);
      if (i * GROUP + local < STEPS) {
        sum += row_values[i];
      }
    }
    let factor = 1.0 / group_combine(total(sum), local, false);
    for (var i = 0u; i < HELD; i++) {
      let step = i * GROUP + local;
      if (step < STEPS) {
        store(start + step, row_values[i] * factor);
      }
    }
  }
  @if(!held) {
    for (var step = local; step < STEPS; step += GROUP) {
      peak = max(peak, load(start + step));
    }
    let top = group_combine(largest(peak), local, true);
    for (var step = local; step < STEPS; step += GROUP) {
      sum += exp(load(start + step) - top);
    }
    let factor = 1.0 / group_combine(total(sum), local, false);
    for (var step = local; step < STEPS; step += GROUP) {
      store(start + step, exp(load(start + step) - top) * factor);
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
  var peak = V(LOWEST);
  for (var step = 0u; step < parameters.steps; step++) {
    peak = max(peak, load(start + step));
  }
  let top = largest(peak);
  var sum = V(0.0);
  for (var step = 0u; step < parameters.steps; step++) {
    sum += exp(load(start + step) - top);
  }
  let factor = 1.0 / total(sum);
  for (var step = 0u; step < parameters.steps; step++) {
    store(start + step, exp(load(start + step) - top) * factor);
  }
}
