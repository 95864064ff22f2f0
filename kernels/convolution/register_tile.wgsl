// y[b, f, h, w, n] = epilogue(Σ over taps and channels of x[b, f', h', w', c] · weight[tap, c, n]), without groups.
// An implicit matrix product: one invocation keeps POSITIONS neighbouring columns times 4 VECTORS output channels in
// registers and reads x and weight straight from memory, four input channels at a time. The body of the tile is the generated
// module `tile` (src/graph/operations/convolution-tile.ts), which reads an input column once for all taps of a kernel row.
// Layouts: x [B, F, H, W, C], weight [taps, C, N], y [B, F', H', W', N]; row-major.
// An encoded weight is read through `package::weights`, a module of kernels/weights, as [N, taps, C].
// Padding is resolved by index arithmetic: nothing padded is ever stored.
// Preconditions: C % 4 = 0, N % (4 VECTORS) = 0. Tile constants: GROUP invocations a workgroup.

import package::shared::dispatch::flat_invocation;
import package::tile::convolve;
import package::convolution::geometry::geometry;
import constants::{POSITIONS, VECTORS, GROUP};

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= geometry.items) {
    return;
  }
  let channel_tiles = geometry.out_channels / (4u * VECTORS);
  let column_tiles = (geometry.out_columns + POSITIONS - 1u) / POSITIONS;
  let channel = item % channel_tiles * VECTORS;
  var rest = item / channel_tiles;
  let column = rest % column_tiles * POSITIONS;
  rest /= column_tiles;
  let row = rest % geometry.out_rows;
  rest /= geometry.out_rows;
  convolve(rest / geometry.out_frames, rest % geometry.out_frames, row, column, channel);
}
