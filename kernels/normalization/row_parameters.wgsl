// Uniform parameters of the kernels that go through rows [rows, WIDTH]. Tile constant: WIDTH.

import package::shared::lanes::LANES;
import constants::WIDTH;

struct Parameters {
  rows: u32,
  eps: f32,
  // Vectors (or elements) of a row: a parameter, because drivers write loops of constant length out.
  steps: u32,
}

@group(1) @binding(0) var<uniform> parameters: Parameters;

const STEPS = WIDTH / LANES;
