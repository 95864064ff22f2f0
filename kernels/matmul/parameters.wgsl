// Uniform parameters of every matmul kernel.

struct Parameters {
  m: u32,
  n: u32,
  k: u32,
  // Elements between the matrices of a batch.
  batch_stride_a: u32,
  batch_stride_b: u32,
  row_tiles: u32,
  column_tiles: u32,
  batch: u32,
  // Vectors that an invocation stores: for loops, because drivers write those of constant length out.
  stores: u32,
}

@group(1) @binding(0) var<uniform> parameters: Parameters;
