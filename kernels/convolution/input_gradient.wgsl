// dx[b, f, h, w, c] = epilogue(Σ over the taps that meet it and the channels n of c's group of g[b, f', h', w', n] · weight[tap, c, n]): the
// gradient of a zero-padded convolution by its input.
// Layouts: dx [B, F, H, W, C], g [B, F', H', W', N], weight [taps, C / groups, N]; row-major. The generated module `tap_map` sends input
// position and tap to the output index, -1 where they do not meet.
// One invocation makes one element, or four neighbouring channels if `wide` (one group, C % 4 = 0 and N % 4 = 0).

import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::tap_map::{output_column, output_frame, output_row};
import package::types::{T0, T0x4, T1, Packed1, unpack1, T2, Packed2, unpack2};
import package::convolution::geometry::geometry;

const GROUP = 64u;

@if(wide) alias V = vec4f;
@if(!wide) alias V = f32;
@if(wide) const LANES = 4u;
@if(!wide) const LANES = 1u;
@if(wide) @group(0) @binding(0) var<storage, read_write> dx: array<T0x4>;
@if(!wide) @group(0) @binding(0) var<storage, read_write> dx: array<T0>;
@if(wide) @group(0) @binding(1) var<storage, read> g: array<Packed1>;
@if(!wide) @group(0) @binding(1) var<storage, read> g: array<T1>;
@if(wide) @group(0) @binding(2) var<storage, read> weight: array<Packed2>;
@if(!wide) @group(0) @binding(2) var<storage, read> weight: array<T2>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= geometry.items) {
    return;
  }
  let in_vectors = geometry.in_channels / LANES;
  let channel = item % in_vectors;
  var rest = item / in_vectors;
  let column = i32(rest % u32(geometry.in_columns));
  rest /= u32(geometry.in_columns);
  let row = i32(rest % u32(geometry.in_rows));
  rest /= u32(geometry.in_rows);
  let frame = i32(rest % u32(geometry.in_frames));
  let batch = rest / u32(geometry.in_frames);
  var sum = V(0.0);
  for (var kf = 0; kf < geometry.kernel_frames; kf++) {
    let to_frame = output_frame(frame, kf);
    for (var kh = 0; kh < geometry.kernel_rows; kh++) {
      let to_row = output_row(row, kh);
      for (var kw = 0; kw < geometry.kernel_columns; kw++) {
        let to_column = output_column(column, kw);
        if (min(to_frame, min(to_row, to_column)) < 0) {
          continue;
        }
        let tap = u32((kf * geometry.kernel_rows + kh) * geometry.kernel_columns + kw);
        let line = (batch * geometry.out_frames + u32(to_frame)) * geometry.out_rows + u32(to_row);
        let position = line * geometry.out_columns + u32(to_column);
        @if(wide) {
          let steps = geometry.out_channels / 4u;
          let first = (tap * geometry.in_channels + channel * 4u) * steps;
          for (var step = 0u; step < steps; step++) {
            let value = unpack1(g[position * steps + step]);
            let at = first + step;
            sum += vec4f(
              dot(value, unpack2(weight[at])),
              dot(value, unpack2(weight[at + steps])),
              dot(value, unpack2(weight[at + 2u * steps])),
              dot(value, unpack2(weight[at + 3u * steps])),
            );
          }
        }
        @if(!wide) {
          let group_in = geometry.in_channels / geometry.groups;
          let group_out = geometry.out_channels / geometry.groups;
          let first = channel / group_in * group_out;
          let row_of_weight = (tap * group_in + channel % group_in) * geometry.out_channels;
          for (var n = first; n < first + group_out; n++) {
            sum += f32(g[position * geometry.out_channels + n]) * f32(weight[row_of_weight + n]);
          }
        }
      }
    }
  }
  @if(wide) { dx[item] = T0x4(epilogue4(sum, item * 4u)); }
  @if(!wide) { dx[item] = T0(epilogue(sum, item)); }
}
