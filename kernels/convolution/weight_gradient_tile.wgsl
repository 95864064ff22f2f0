// dw[tap, c, n] = epilogue(Σ over batch entries and output positions of x[b, f', h', w', c] · g[b, f, h, w, n]): the gradient of a
// convolution without groups by its weight. A quad of four invocations holds 16 SETS channels of x by 16 of g of one tap, and goes
// along output lines four columns at a time as matmul/quad_tile goes along its inner dimension. With more than one of CHUNKS, each makes
// its own sum, [chunk, tap, c, n]. Made for drivers that run on the processor; also right on others.
// Layouts: x [B, F, H, W, C], g [B, F', H', W', N], dw [taps, C, N]; row-major. The generated module `axis_map` sends output position and
// tap to the input index, -1 for zero padding. Grid: tiles of g's channels (fastest), of x's, taps, chunks, folded.
// Preconditions: the subgroups feature; C % 4 = 0, N % 4 = 0. SETS is 1, or 2 if `two_sets`.
// Tile constants: BATCH = B; GROUP invocations a workgroup, GROUP / 4 quads side by side; CHUNKS of at most CHUNK_LENGTH output lines.

import package::axis_map::{input_column, input_frame, input_row};
import package::convolution::geometry::geometry;
import package::epilogue::epilogue4;
import package::shared::dispatch::flat_invocation;
import package::shared::quad::{Columns, accumulate, in_column_order, quad_values};
import package::types::{T0x4, Packed1, unpack1, Packed2, unpack2};
import constants::{BATCH, GROUP, CHUNKS, CHUNK_LENGTH};

@group(0) @binding(0) var<storage, read_write> dw: array<T0x4>;
@group(0) @binding(1) var<storage, read> x: array<Packed1>;
@group(0) @binding(2) var<storage, read> g: array<Packed2>;

@if(two_sets) const SETS = 2u;
@if(!two_sets) const SETS = 1u;

// Four channels at four columns, as four columns of each channel.
fn along_columns(at: vec4u, channel: u32) -> mat4x4f {
  return transpose(mat4x4f(unpack1(x[at.x + channel]), unpack1(x[at.y + channel]), unpack1(x[at.z + channel]), unpack1(x[at.w + channel])));
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, 0u, 1u);
  if (item >= geometry.items) {
    return;
  }
  let in_vectors = geometry.in_channels / 4u;
  let out_vectors = geometry.out_channels / 4u;
  let column_tiles = (out_vectors + GROUP - 1u) / GROUP;
  let row_tiles = (in_vectors + 4u * SETS - 1u) / (4u * SETS);
  let taps = u32(geometry.kernel_frames * geometry.kernel_rows * geometry.kernel_columns);
  let row_tile = item / column_tiles % row_tiles;
  let tap = item / (column_tiles * row_tiles) % taps;
  let chunk = item / (column_tiles * row_tiles * taps);
  let kw = i32(tap) % geometry.kernel_columns;
  let kh = i32(tap) / geometry.kernel_columns % geometry.kernel_rows;
  let kf = i32(tap) / (geometry.kernel_columns * geometry.kernel_rows);

  // Vectors of channels. Those past the edge repeat the last one; their results are not stored.
  let lane = local % 4u;
  let first_c = row_tile * 4u * SETS + lane;
  let first_n = item % column_tiles * GROUP + local / 4u * 4u;
  let c0 = min(first_c, in_vectors - 1u);
  @if(two_sets) let c1 = min(first_c + 4u, in_vectors - 1u);
  let n = min(first_n + lane, out_vectors - 1u);

  var sums0 = mat4x4f();
  var sums1 = mat4x4f();
  var sums2 = mat4x4f();
  var sums3 = mat4x4f();
  @if(two_sets) var sums4 = mat4x4f();
  @if(two_sets) var sums5 = mat4x4f();
  @if(two_sets) var sums6 = mat4x4f();
  @if(two_sets) var sums7 = mat4x4f();
  let lines = BATCH * geometry.out_frames * geometry.out_rows;
  let last_column = geometry.out_columns - 1u;
  for (var line = chunk * CHUNK_LENGTH; line < min(lines, (chunk + 1u) * CHUNK_LENGTH); line++) {
    let row = input_row(i32(line % geometry.out_rows), kh);
    let frame = input_frame(i32(line / geometry.out_rows % geometry.out_frames), kf);
    if (min(frame, row) < 0) {
      continue;
    }
    let batch = line / (geometry.out_rows * geometry.out_frames);
    let image = batch * u32(geometry.in_frames) + u32(frame);
    let from_line = (image * u32(geometry.in_rows) + u32(row)) * u32(geometry.in_columns);
    let to_line = line * geometry.out_columns;
    for (var column = 0u; column < geometry.out_columns; column += 4u) {
      let columns = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(last_column));
      let from_columns = vec4i(
        input_column(i32(columns.x), kw),
        input_column(i32(columns.y), kw),
        input_column(i32(columns.z), kw),
        input_column(i32(columns.w), kw),
      );
      let inside = (from_columns >= vec4i(0)) & (vec4u(column, column + 1u, column + 2u, column + 3u) <= vec4u(last_column));
      let counted = select(vec4f(0.0), vec4f(1.0), inside);
      let from_places = (vec4u(from_line) + vec4u(max(from_columns, vec4i(0)))) * in_vectors;
      let to_places = (vec4u(to_line) + columns) * out_vectors;
      let x0 = along_columns(from_places, c0);
      @if(two_sets) let x1 = along_columns(from_places, c1);
      let changes = transpose(mat4x4f(
        unpack2(g[to_places.x + n]) * counted.x,
        unpack2(g[to_places.y + n]) * counted.y,
        unpack2(g[to_places.z + n]) * counted.z,
        unpack2(g[to_places.w + n]) * counted.w,
      ));
      let all = Columns(quad_values(changes[0]), quad_values(changes[1]), quad_values(changes[2]), quad_values(changes[3]));
      sums0 = accumulate(sums0, x0[0], all);
      sums1 = accumulate(sums1, x0[1], all);
      sums2 = accumulate(sums2, x0[2], all);
      sums3 = accumulate(sums3, x0[3], all);
      @if(two_sets) sums4 = accumulate(sums4, x1[0], all);
      @if(two_sets) sums5 = accumulate(sums5, x1[1], all);
      @if(two_sets) sums6 = accumulate(sums6, x1[2], all);
      @if(two_sets) sums7 = accumulate(sums7, x1[3], all);
    }
  }

  @if(!two_sets) var results = array<mat4x4f, 4>(sums0, sums1, sums2, sums3);
  @if(two_sets) var results = array<mat4x4f, 8>(sums0, sums1, sums2, sums3, sums4, sums5, sums6, sums7);
  for (var r = 0u; r < geometry.stores; r++) {
    let c = first_c + r / 4u * 4u;
    let sums = results[r];
    // Four columns of each invocation of the quad, in their order.
    let values = transpose(mat4x4f(
      in_column_order(sums[0], lane),
      in_column_order(sums[1], lane),
      in_column_order(sums[2], lane),
      in_column_order(sums[3], lane),
    ));
    let line = ((chunk * taps + tap) * in_vectors + c) * 4u + r % 4u;
    for (var i = 0u; i < 4u; i++) {
      if (c < in_vectors && first_n + i < out_vectors) {
        let at = line * out_vectors + first_n + i;
        dw[at] = T0x4(epilogue4(values[i], at * 4u));
      }
    }
  }
}
