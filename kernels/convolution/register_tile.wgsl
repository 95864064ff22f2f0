// y[b, f, h, w, n] = epilogue(Σ over taps and channels of x[b, f', h', w', c] · weight[tap, c, n]), without groups.
// An implicit matrix product: one invocation keeps POSITIONS neighbouring columns times 4 VECTORS output channels in
// registers and reads x and weight straight from memory, four input channels at a time. The body of the tile is the generated
// module `tile` (src/graph/operations/convolution-tile.ts), which reads an input column once for all taps of a kernel row.
// Layouts: x [B, F, H, W, C], weight [taps, C, OUT_CHANNELS], y [B, OUT_FRAMES, OUT_ROWS, OUT_COLUMNS, OUT_CHANNELS]; row-major.
// An encoded weight is read through `package::weights`, a module of kernels/weights, as [OUT_CHANNELS, taps, C].
// Padding is resolved by index arithmetic: nothing padded is ever stored.
// Preconditions: C % 4 = 0, OUT_CHANNELS % (4 VECTORS) = 0. Tile constants: GROUP invocations a workgroup.

import package::shared::dispatch::flat_invocation;
import package::tile::convolve;
import constants::{OUT_FRAMES, OUT_ROWS, OUT_COLUMNS, OUT_CHANNELS, POSITIONS, VECTORS, GROUP};

const CHANNEL_TILES = OUT_CHANNELS / (4u * VECTORS);
const COLUMN_TILES = (OUT_COLUMNS + POSITIONS - 1u) / POSITIONS;

struct Parameters {
  // Invocations with work.
  items: u32,
}

@group(1) @binding(0) var<uniform> parameters: Parameters;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let channel = item % CHANNEL_TILES * VECTORS;
  var rest = item / CHANNEL_TILES;
  let column = rest % COLUMN_TILES * POSITIONS;
  rest /= COLUMN_TILES;
  let row = rest % OUT_ROWS;
  rest /= OUT_ROWS;
  convolve(rest / OUT_FRAMES, rest % OUT_FRAMES, row, column, channel);
}
