// Sizes of a convolution. They are parameters and not constants so that layers of other sizes, and clips of other lengths, share a
// compiled kernel, and because drivers write loops of constant length out, which takes LLVM seconds to minutes a kernel.

struct Geometry {
  // Invocations with work.
  items: u32,
  in_channels: u32,
  out_channels: u32,
  groups: u32,
  in_frames: i32,
  in_rows: i32,
  in_columns: i32,
  out_frames: u32,
  out_rows: u32,
  out_columns: u32,
  kernel_frames: i32,
  kernel_rows: i32,
  kernel_columns: i32,
  // Elements of padding in front.
  before_frames: i32,
  before_rows: i32,
  before_columns: i32,
  // Vectors that an invocation stores.
  stores: u32,
}

@group(1) @binding(0) var<uniform> geometry: Geometry;
