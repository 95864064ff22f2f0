// Rotary embedding: pair (a, b) becomes (a cos - b sin, b cos + a sin).
// Layouts: x and y are row-major with rows of 2 HALF channels; pair i of a row is (2i, 2i + 1), or (i, i + HALF) if `split`.
// cos and sin hold one number per pair; the generated module `table_map` broadcasts them. One invocation rotates four
// neighbouring pairs. Preconditions: `vector` needs HALF % 4 = 0 and tables that are not repeated within a row.

import package::shared::dispatch::flat_invocation;
import package::table_map::table_index;
import package::types::{T0, T0x4, T1, Packed1, unpack1, T2, Packed2, unpack2, T3, Packed3, unpack3};
import constants::HALF;

const GROUP = 64u;

struct Parameters {
  pairs: u32,
}

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(vector) @group(0) @binding(1) var<storage, read> x: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> x: array<T1>;
@if(vector) @group(0) @binding(2) var<storage, read> cosines: array<Packed2>;
@if(!vector) @group(0) @binding(2) var<storage, read> cosines: array<T2>;
@if(vector) @group(0) @binding(3) var<storage, read> sines: array<Packed3>;
@if(!vector) @group(0) @binding(3) var<storage, read> sines: array<T3>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = flat_invocation(group, groups, local, GROUP) * 4u;
  if (first >= parameters.pairs) {
    return;
  }
  @if(vector) {
    let table = table_index(first) >> 2u;
    let c = unpack2(cosines[table]);
    let s = unpack3(sines[table]);
    @if(split) {
      let at = (first + first / HALF * HALF) >> 2u;
      let a = unpack1(x[at]);
      let b = unpack1(x[at + HALF / 4u]);
      y[at] = T0x4(a * c - b * s);
      y[at + HALF / 4u] = T0x4(b * c + a * s);
    }
    @if(!split) {
      let at = first >> 1u;
      let low = unpack1(x[at]);
      let high = unpack1(x[at + 1u]);
      y[at] = T0x4(low * c.xxyy + vec4f(-low.y, low.x, -low.w, low.z) * s.xxyy);
      y[at + 1u] = T0x4(high * c.zzww + vec4f(-high.y, high.x, -high.w, high.z) * s.zzww);
    }
  }
  @if(!vector) {
    for (var pair = first; pair < min(first + 4u, parameters.pairs); pair++) {
      let table = table_index(pair);
      let c = f32(cosines[table]);
      let s = f32(sines[table]);
      @if(split) let at = pair + pair / HALF * HALF;
      @if(split) let other = at + HALF;
      @if(!split) let at = pair * 2u;
      @if(!split) let other = at + 1u;
      let a = f32(x[at]);
      let b = f32(x[other]);
      y[at] = T0(a * c - b * s);
      y[other] = T0(b * c + a * s);
    }
  }
}
