// y[b, j, n] = epilogue(Σ over t, k with t · STRIDE + k - PADDING = j, and the channels of n's group, of x[b, t, c] · weight[k, c, n]).
// Layouts: x [B, INPUT, IN_CHANNELS], weight [KERNEL, IN_CHANNELS, OUT_CHANNELS / GROUPS], y [B, OUTPUT, OUT_CHANNELS];
// row-major. One invocation makes one output, or four neighbouring channels if `vector` (OUT_CHANNELS % 4 = 0, and
// `depthwise` or GROUPS = 1 and IN_CHANNELS % 4 = 0). `depthwise`: GROUPS = IN_CHANNELS = OUT_CHANNELS.

import package::shared::dispatch::flat_invocation;
import package::shared::lanes::{LANES, V};
import package::shared::result::store;
import package::shared::source::load;
import package::types::{T2, Packed2, unpack2};
import constants::{INPUT, OUTPUT, KERNEL, STRIDE, PADDING, IN_CHANNELS, OUT_CHANNELS, GROUPS};

const GROUP = 64u;
const GROUP_IN = IN_CHANNELS / GROUPS;
const GROUP_OUT = OUT_CHANNELS / GROUPS;

struct Parameters {
  // Invocations with work.
  items: u32,
}

@if(vector) @group(0) @binding(2) var<storage, read> weight: array<Packed2>;
@if(!vector) @group(0) @binding(2) var<storage, read> weight: array<T2>;
@group(1) @binding(0) var<uniform> parameters: Parameters;

@if(vector) fn load_weight(at: u32) -> V { return unpack2(weight[at]); }
@if(!vector) fn load_weight(at: u32) -> V { return V(weight[at]); }

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = flat_invocation(group, groups, local, GROUP);
  if (item >= parameters.items) {
    return;
  }
  let channel = item % (OUT_CHANNELS / LANES);
  let position = item / (OUT_CHANNELS / LANES) % OUTPUT + PADDING;
  let batch = item / (OUT_CHANNELS / LANES * OUTPUT);
  var sum = V(0.0);
  // Taps that meet this output are STRIDE apart; the input moves back by one with each.
  for (var k = position % STRIDE; k < KERNEL && k <= position; k += STRIDE) {
    let t = (position - k) / STRIDE;
    if (t >= INPUT) {
      continue;
    }
    let source = batch * INPUT + t;
    @if(depthwise) {
      sum += load(source * (IN_CHANNELS / LANES) + channel) * load_weight(k * (IN_CHANNELS / LANES) + channel);
    }
    @if(!depthwise && vector) {
      for (var c = 0u; c < IN_CHANNELS / 4u; c++) {
        let value = load(source * (IN_CHANNELS / 4u) + c);
        let at = (k * IN_CHANNELS + 4u * c) * (OUT_CHANNELS / 4u) + channel;
        sum += value.x * unpack2(weight[at]) + value.y * unpack2(weight[at + OUT_CHANNELS / 4u]);
        sum += value.z * unpack2(weight[at + 2u * (OUT_CHANNELS / 4u)]) + value.w * unpack2(weight[at + 3u * (OUT_CHANNELS / 4u)]);
      }
    }
    @if(!depthwise && !vector) {
      let first = channel / GROUP_OUT * GROUP_IN;
      for (var c = first; c < first + GROUP_IN; c++) {
        sum += load(source * IN_CHANNELS + c) * f32(weight[(k * IN_CHANNELS + c) * GROUP_OUT + channel % GROUP_OUT]);
      }
    }
  }
  store(item, sum);
}
