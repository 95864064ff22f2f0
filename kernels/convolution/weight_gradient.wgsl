// dw[tap, c, n] = epilogue(Σ over batch entries and output positions of x[b, f', h', w', c] · g[b, f, h, w, n]), for c and n of one group: the
// gradient of a convolution by its weight. With more than one of CHUNKS, each makes its own sum, [chunk, tap, c, n].
// Layouts: x [B, F, H, W, C], g [B, F', H', W', N], dw [taps, C / groups, N]; row-major. The generated module `axis_map` sends output
// position and tap to the input index, -1 for zero padding.
// One invocation makes one element, or four channels of x by four of g if `wide` (one group, C % 4 = 0 and N % 4 = 0).
// Tile constants: BATCH = B; CHUNKS of at most CHUNK_LENGTH output positions.

import package::axis_map::{input_column, input_frame, input_row};
import package::epilogue::{epilogue, epilogue4};
import package::shared::dispatch::flat_invocation;
import package::types::{T0, T0x4, T1, Packed1, unpack1, T2, Packed2, unpack2};
import package::convolution::geometry::geometry;
import constants::{BATCH, CHUNKS, CHUNK_LENGTH};

const GROUP = 64u;

@if(wide) @group(0) @binding(0) var<storage, read_write> dw: array<T0x4>;
@if(!wide) @group(0) @binding(0) var<storage, read_write> dw: array<T0>;
@if(wide) @group(0) @binding(1) var<storage, read> x: array<Packed1>;
@if(!wide) @group(0) @binding(1) var<storage, read> x: array<T1>;
@if(wide) @group(0) @binding(2) var<storage, read> g: array<Packed2>;
@if(!wide) @group(0) @binding(2) var<storage, read> g: array<T2>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= geometry.items) {
    return;
  }
  let chunk = item / (geometry.items / CHUNKS);
  let place = item % (geometry.items / CHUNKS);
  let group_in = geometry.in_channels / geometry.groups;
  @if(wide) let columns = geometry.out_channels / 4u;
  @if(!wide) let columns = geometry.out_channels;
  @if(wide) let lines = group_in / 4u;
  @if(!wide) let lines = group_in;
  let n = place % columns;
  let c = place / columns % lines;
  let tap = i32(place / (columns * lines));
  let kw = tap % geometry.kernel_columns;
  let kh = tap / geometry.kernel_columns % geometry.kernel_rows;
  let kf = tap / (geometry.kernel_columns * geometry.kernel_rows);
  @if(!wide) let from_channel = n / (geometry.out_channels / geometry.groups) * group_in + c;
  let positions = BATCH * geometry.out_frames * geometry.out_rows * geometry.out_columns;
  @if(wide) var sum0 = vec4f(0.0);
  @if(wide) var sum1 = vec4f(0.0);
  @if(wide) var sum2 = vec4f(0.0);
  @if(wide) var sum3 = vec4f(0.0);
  @if(!wide) var sum = 0.0;
  for (var position = chunk * CHUNK_LENGTH; position < min(positions, (chunk + 1u) * CHUNK_LENGTH); position++) {
    var rest = position;
    let column = input_column(i32(rest % geometry.out_columns), kw);
    rest /= geometry.out_columns;
    let row = input_row(i32(rest % geometry.out_rows), kh);
    rest /= geometry.out_rows;
    let frame = input_frame(i32(rest % geometry.out_frames), kf);
    let batch = rest / geometry.out_frames;
    if (min(frame, min(row, column)) < 0) {
      continue;
    }
    let line = (batch * u32(geometry.in_frames) + u32(frame)) * u32(geometry.in_rows) + u32(row);
    let source = line * u32(geometry.in_columns) + u32(column);
    @if(wide) {
      let value = unpack1(x[source * lines + c]);
      let change = unpack2(g[position * columns + n]);
      sum0 += value.x * change;
      sum1 += value.y * change;
      sum2 += value.z * change;
      sum3 += value.w * change;
    }
    @if(!wide) {
      sum += f32(x[source * geometry.in_channels + from_channel]) * f32(g[position * columns + n]);
    }
  }
  @if(wide) {
    let at = ((chunk * u32(geometry.kernel_frames * geometry.kernel_rows * geometry.kernel_columns) + u32(tap)) * group_in + 4u * c) * columns + n;
    dw[at] = T0x4(epilogue4(sum0, at * 4u));
    dw[at + columns] = T0x4(epilogue4(sum1, (at + columns) * 4u));
    dw[at + 2u * columns] = T0x4(epilogue4(sum2, (at + 2u * columns) * 4u));
    dw[at + 3u * columns] = T0x4(epilogue4(sum3, (at + 3u * columns) * 4u));
  }
  @if(!wide) { dw[item] = T0(epilogue(sum, item)); }
}
