// y[b, f, h, w, n] = epilogue(Σ over taps and the channels of n's group of x[b, f', h', w', c] · weight[tap, c, n]).
// Layouts: x [B, IN_FRAMES, IN_ROWS, IN_COLUMNS, IN_CHANNELS], weight [taps, IN_CHANNELS / GROUPS, OUT_CHANNELS], y channels
// last; row-major. The generated module `axis_map` sends output position and tap to the input index, -1 for zero padding.
// One invocation makes one output, or four neighbouring channels if `wide` (OUT_CHANNELS % 4 = 0 and GROUPS = 1 or
// `depthwise`). `depthwise`: GROUPS = IN_CHANNELS = OUT_CHANNELS.

import package::axis_map::{input_column, input_frame, input_row};
import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, T1x4, T2, T2x4};
import constants::{IN_FRAMES, IN_ROWS, IN_COLUMNS, OUT_FRAMES, OUT_ROWS, OUT_COLUMNS, KERNEL_FRAMES, KERNEL_ROWS, KERNEL_COLUMNS};
import constants::{IN_CHANNELS, OUT_CHANNELS, GROUPS};

const GROUP = 64u;
const GROUP_IN = IN_CHANNELS / GROUPS;
const GROUP_OUT = OUT_CHANNELS / GROUPS;

struct Parameters {
  // Invocations with work.
  items: u32,
}

@if(wide) alias V = vec4f;
@if(!wide) alias V = f32;
@if(wide) const LANES = 4u;
@if(!wide) const LANES = 1u;
@if(wide) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!wide) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(depthwise && wide) @group(0) @binding(1) var<storage, read> x: array<T1x4>;
@if(!depthwise || !wide) @group(0) @binding(1) var<storage, read> x: array<T1>;
@if(wide) @group(0) @binding(2) var<storage, read> weight: array<T2x4>;
@if(!wide) @group(0) @binding(2) var<storage, read> weight: array<T2>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let out_channel = item % (OUT_CHANNELS / LANES);
  var rest = item / (OUT_CHANNELS / LANES);
  let column = i32(rest % OUT_COLUMNS);
  rest /= OUT_COLUMNS;
  let row = i32(rest % OUT_ROWS);
  rest /= OUT_ROWS;
  let frame = i32(rest % OUT_FRAMES);
  let batch = rest / OUT_FRAMES;
  var sum = V(0.0);
  for (var kf = 0; kf < i32(KERNEL_FRAMES); kf++) {
    let from_frame = input_frame(frame, kf);
    for (var kh = 0; kh < i32(KERNEL_ROWS); kh++) {
      let from_row = input_row(row, kh);
      for (var kw = 0; kw < i32(KERNEL_COLUMNS); kw++) {
        let from_column = input_column(column, kw);
        if (min(from_frame, min(from_row, from_column)) < 0) {
          continue;
        }
        let tap = u32((kf * i32(KERNEL_ROWS) + kh) * i32(KERNEL_COLUMNS) + kw);
        let position = ((batch * IN_FRAMES + u32(from_frame)) * IN_ROWS + u32(from_row)) * IN_COLUMNS + u32(from_column);
        @if(depthwise) {
          sum += V(x[position * (IN_CHANNELS / LANES) + out_channel]) * V(weight[tap * (OUT_CHANNELS / LANES) + out_channel]);
        }
        @if(!depthwise) {
          let start = position * IN_CHANNELS + out_channel * LANES / GROUP_OUT * GROUP_IN;
          for (var c = 0u; c < GROUP_IN; c++) {
            sum += f32(x[start + c]) * V(weight[(tap * GROUP_IN + c) * (OUT_CHANNELS / LANES) + out_channel]);
          }
        }
      }
    }
  }
  @if(wide) { y[item] = T0x4(epilogue4(sum, item * 4u)); }
  @if(!wide) { y[item] = T0(epilogue(sum, item)); }
}
