// y[b, f, h, w, n] = epilogue(Σ over taps and the channels of n's group of x[b, f', h', w', c] · weight[tap, c, n]).
// Layouts: x [B, F, H, W, C], weight [taps, C / groups, N], y [B, F', H', W', N]; row-major. The generated module `axis_map`
// sends output position and tap to the input index, -1 for zero padding.
// One invocation makes one output, or four neighbouring channels if `wide` (N % 4 = 0 and one group or `depthwise`).
// `depthwise`: as many groups as C and N.

import package::axis_map::{input_column, input_frame, input_row};
import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, Packed1, unpack1, T2, Packed2, unpack2};
import package::convolution::geometry::geometry;

const GROUP = 64u;

@if(wide) alias V = vec4f;
@if(!wide) alias V = f32;
@if(wide) const LANES = 4u;
@if(!wide) const LANES = 1u;
@if(wide) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!wide) @group(0) @binding(0) var<storage, read_write> y: array<T0>;
@if(depthwise && wide) @group(0) @binding(1) var<storage, read> x: array<Packed1>;
@if(!depthwise || !wide) @group(0) @binding(1) var<storage, read> x: array<T1>;
@if(wide) @group(0) @binding(2) var<storage, read> weight: array<Packed2>;
@if(!wide) @group(0) @binding(2) var<storage, read> weight: array<T2>;

@if(wide) fn load_weight(at: u32) -> V { return unpack2(weight[at]); }
@if(!wide) fn load_weight(at: u32) -> V { return V(weight[at]); }

@if(depthwise && wide) fn load(at: u32) -> V { return unpack1(x[at]); }
@if(depthwise && !wide) fn load(at: u32) -> V { return V(x[at]); }

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= geometry.items) {
    return;
  }
  let in_channels = geometry.in_channels;
  let out_vectors = geometry.out_channels / LANES;
  @if(!depthwise) let group_in = in_channels / geometry.groups;
  @if(!depthwise) let group_out = geometry.out_channels / geometry.groups;
  let out_channel = item % out_vectors;
  var rest = item / out_vectors;
  let column = i32(rest % geometry.out_columns);
  rest /= geometry.out_columns;
  let row = i32(rest % geometry.out_rows);
  rest /= geometry.out_rows;
  let frame = i32(rest % geometry.out_frames);
  let batch = rest / geometry.out_frames;
  var sum = V(0.0);
  for (var kf = 0; kf < geometry.kernel_frames; kf++) {
    let from_frame = input_frame(frame, kf);
    for (var kh = 0; kh < geometry.kernel_rows; kh++) {
      let from_row = input_row(row, kh);
      for (var kw = 0; kw < geometry.kernel_columns; kw++) {
        let from_column = input_column(column, kw);
        if (min(from_frame, min(from_row, from_column)) < 0) {
          continue;
        }
        let tap = u32((kf * geometry.kernel_rows + kh) * geometry.kernel_columns + kw);
        let line = (batch * u32(geometry.in_frames) + u32(from_frame)) * u32(geometry.in_rows) + u32(from_row);
        let position = line * u32(geometry.in_columns) + u32(from_column);
        @if(depthwise) {
          sum += load(position * out_vectors + out_channel) * load_weight(tap * out_vectors + out_channel);
        }
        @if(!depthwise) {
          let start = position * in_channels + out_channel * LANES / group_out * group_in;
          for (var c = 0u; c < group_in; c++) {
            sum += f32(x[start + c]) * load_weight((tap * group_in + c) * out_vectors + out_channel);
          }
        }
      }
    }
  }
  @if(wide) { y[item] = T0x4(epilogue4(sum, item * 4u)); }
  @if(!wide) { y[item] = T0(epilogue(sum, item)); }
}
