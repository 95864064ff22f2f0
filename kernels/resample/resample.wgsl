// Resizes frames, rows and columns of channels-last video: nearest sample, or linear between two along each axis.
// Formula: source = (i + offset) * scale, scale = input size / output size; nearest takes floor(source) with offset 0 (or
// 0.5 for nearest-exact), linear blends floor(s) and floor(s) + 1 at s = max(0, source - 0.5) with offset 0.5.
// Layouts: x [B, IN_FRAMES, IN_ROWS, IN_COLUMNS, CHANNELS], y likewise; row-major. One invocation makes one element, or four
// neighbouring channels if `vector` (CHANNELS % 4 = 0). `blend_frames` also blends frames (otherwise they are taken as nearest).

import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{LANES, V};
import package::shared::result::store;
import package::shared::source::load;
import constants::{IN_FRAMES, IN_ROWS, IN_COLUMNS, FRAMES, ROWS, COLUMNS, CHANNELS};

const GROUP = 64u;

struct Parameters {
  // Invocations with work.
  items: u32,
  scale_frames: f32,
  scale_rows: f32,
  scale_columns: f32,
  offset: f32,
}

@group(1) @binding(0) var<uniform> parameters: Parameters;

const WIDTH = CHANNELS / LANES;

struct Neighbours {
  low: u32,
  high: u32,
  share: f32,
}

fn nearest(position: u32, scale: f32, size: u32) -> u32 {
  return min(u32((f32(position) + parameters.offset) * scale), size - 1u);
}

fn neighbours(position: u32, scale: f32, size: u32) -> Neighbours {
  let source = max(0.0, (f32(position) + 0.5) * scale - 0.5);
  let low = min(u32(source), size - 1u);
  return Neighbours(low, min(low + 1u, size - 1u), source - f32(low));
}

fn sample(image: u32, row: u32, column: u32, channel: u32) -> V {
  return load(((image * IN_ROWS + row) * IN_COLUMNS + column) * WIDTH + channel);
}

fn plane(image: u32, rows: Neighbours, columns: Neighbours, channel: u32) -> V {
  let top = mix(sample(image, rows.low, columns.low, channel), sample(image, rows.low, columns.high, channel), columns.share);
  let bottom = mix(sample(image, rows.high, columns.low, channel), sample(image, rows.high, columns.high, channel), columns.share);
  return mix(top, bottom, rows.share);
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let channel = item % WIDTH;
  var rest = item / WIDTH;
  let column = rest % COLUMNS;
  rest /= COLUMNS;
  let row = rest % ROWS;
  rest /= ROWS;
  let frame = rest % FRAMES;
  let images = rest / FRAMES * IN_FRAMES;
  @if(linear) {
    let rows = neighbours(row, parameters.scale_rows, IN_ROWS);
    let columns = neighbours(column, parameters.scale_columns, IN_COLUMNS);
    @if(!blend_frames) let value = plane(images + frame, rows, columns, channel);
    @if(blend_frames) let frames = neighbours(frame, parameters.scale_frames, IN_FRAMES);
    @if(blend_frames) let value = mix(plane(images + frames.low, rows, columns, channel), plane(images + frames.high, rows, columns, channel), frames.share);
    store(item, value);
  }
  @if(!linear) {
    let image = images + nearest(frame, parameters.scale_frames, IN_FRAMES);
    store(item, sample(image, nearest(row, parameters.scale_rows, IN_ROWS), nearest(column, parameters.scale_columns, IN_COLUMNS), channel));
  }
}

