// y = epilogue((x - mean) / sqrt(mean((x - mean)²) + eps)) for each row; mean is 0 unless `centred` (RMS norm, layer norm).
// Layouts: x and y [rows, WIDTH], row-major. Statistics are in f32, the variance from a second look at the row.
// One invocation makes a row, or one workgroup if `cooperative`; the latter keeps its row in registers if `held`.
// Preconditions: `vector` needs WIDTH % 4 = 0. Tile constants: GROUP invocations a workgroup; HELD vectors (or elements) of a
// row for each invocation.

import package::normalization::row_parameters::{parameters, STEPS};
import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{total, V};
import package::shared::result::store;
import package::shared::source::load;
import constants::{WIDTH, GROUP, HELD};

@if(cooperative) var<workgroup> partial: array<f32, GROUP>;

/// Sum over the workgroup; GROUP is a power of two.
@if(cooperative)
fn group_sum(value: f32, local: u32) -> f32 {
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
  var mean = 0.0;
  @if(held) {
    var row_values: array<V, HELD>;
    for (var i = 0u; i < HELD; i++) {
      let step = i * GROUP + local;
      if (step < STEPS) {
        row_values[i] = load(start + step);
      }
    }
    @if(centred) {
      var sum = V(0.0);
      for (var i = 0u; i < HELD; i++) {
        sum += row_values[i];
      }
      mean = group_sum(total(sum), local) / f32(WIDTH);
    }
    var squares = V(0.0);
    for (var i = 0u; i < HELD; i++) {
      if (i * GROUP + local < STEPS) {
        let deviation = row_values[i] - mean;
        squares += deviation * deviation;
      }
    }
    let factor = inverseSqrt(group_sum(total(squares), local) / f32(WIDTH) + parameters.eps);
    for (var i = 0u; i < HELD; i++) {
      let step = i * GROUP + local;
      if (step < STEPS) {
        store(start + step, (row_values[i] - mean) * factor);
      }
    }
  }
  @if(!held) {
    @if(centred) {
      var sum = V(0.0);
      for (var step = local; step < STEPS; step += GROUP) {
        sum += load(start + step);
      }
      mean = group_sum(total(sum), local) / f32(WIDTH);
    }
    var squares = V(0.0);
    for (var step = local; step < STEPS; step += GROUP) {
      let deviation = load(start + step) - mean;
      squares += deviation * deviation;
    }
    let factor = inverseSqrt(group_sum(total(squares), local) / f32(WIDTH) + parameters.eps);
    for (var step = local; step < STEPS; step += GROUP) {
      store(start + step, (load(start + step) - mean) * factor);
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
  var mean = 0.0;
  @if(centred) {
    var sum = V(0.0);
    for (var step = 0u; step < parameters.steps; step++) {
      sum += load(start + step);
    }
    mean = total(sum) / f32(WIDTH);
  }
  var squares = V(0.0);
  for (var step = 0u; step < parameters.steps; step++) {
    let deviation = load(start + step) - mean;
    squares += deviation * deviation;
  }
  let factor = inverseSqrt(total(squares) / f32(WIDTH) + parameters.eps);
  for (var step = 0u; step < parameters.steps; step++) {
    store(start + step, (load(start + step) - mean) * factor);
  }
}
