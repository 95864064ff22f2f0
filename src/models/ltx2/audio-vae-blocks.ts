import { add, groupNorm, matmul, multiply, reshape, resample, rmsNorm, silu, slice, softmax, type Tensor } from '../../graph';
import { conv2dLayer } from '../layers';
import { audioNormGroups, type Ltx2AudioVaeConfig } from './audio-vae-config';

type Axis = Ltx2AudioVaeConfig['causality_axis'];
type Pair = readonly [number, number];

const normEps = 1e-6;

/** `LTX2AudioCausalConv2d` on [B, T, M, C]: zeros, all of them in front along the causal axis. Parameters `layer.conv.*`. */
export function audioConv2d(layer: string, x: Tensor, outChannels: number, axis: Axis, kernel: 1 | 3 = 3): Tensor {
  const reach = kernel - 1;
  const around: Pair = [reach / 2, reach / 2];
  const before: Pair = [reach, 0];
  return conv2dLayer(`${layer}.conv`, x, outChannels, {
    kernel: [kernel, kernel],
    padding: [axis === 'height' ? before : around, axis === 'width' || axis === 'width-compatibility' ? before : around],
  });
}

/** The norm of a config: RMS over the channels of every pixel without weights, or a group norm under `name`. */
export function audioNorm(name: string, x: Tensor, config: Ltx2AudioVaeConfig): Tensor {
  if (config.norm_type === 'pixel') return rmsNorm(x, { eps: normEps });
  const channels = x.shape[3];
  return groupNorm(x, {
    groups: audioNormGroups,
    eps: normEps,
    weight: x.tracer.parameter(`${name}.weight`, [channels]),
    bias: x.tracer.parameter(`${name}.bias`, [channels]),
  });
}

/** `LTX2AudioResnetBlock`: norm, SiLU and convolution, twice, beside a shortcut that is projected when channels change. */
function resnet(name: string, x: Tensor, outChannels: number, config: Ltx2AudioVaeConfig): Tensor {
  const axis = config.causality_axis;
  return x.tracer.scope(name, () => {
    const first = audioConv2d('conv1', silu(audioNorm('norm1', x, config)), outChannels, axis);
    const second = audioConv2d('conv2', silu(audioNorm('norm2', first, config)), outChannels, axis);
    return add(second, x.shape[3] === outChannels ? x : audioConv2d('nin_shortcut', x, outChannels, axis, 1));
  });
}

/** `LTX2AudioAttnBlock`: one head as wide as the channels over all pixels. */
function attend(name: string, x: Tensor, config: Ltx2AudioVaeConfig): Tensor {
  const [batch, frames, bins, channels] = x.shape;
  const none: Pair = [0, 0];
  return x.tracer.scope(name, () => {
    const project = (layer: string, y: Tensor): Tensor => conv2dLayer(layer, y, channels, { kernel: [1, 1], padding: [none, none] });
    const pixels = (y: Tensor): Tensor => reshape(y, [batch, frames * bins, channels]);
    const normed = audioNorm('norm', x, config);
    const scores = matmul(multiply(pixels(project('q', normed)), channels ** -0.5), pixels(project('k', normed)), { transposeB: true });
    const values = matmul(softmax(scores), pixels(project('v', normed)));
    return add(x, project('proj_out', reshape(values, x.shape)));
  });
}

export interface LevelOptions {
  readonly blocks: number;
  readonly channels: number;
  /** Whether every block is followed by attention. */
  readonly attends: boolean;
}

/** The blocks of one level; parameters `block.N` and `attn.N`. */
export function levelBlocks(x: Tensor, config: Ltx2AudioVaeConfig, { blocks, channels, attends }: LevelOptions): Tensor {
  let hidden = x;
  for (let index = 0; index < blocks; index++) {
    hidden = resnet(`block.${index}`, hidden, channels, config);
    if (attends) hidden = attend(`attn.${index}`, hidden, config);
  }
  return hidden;
}

/** The middle of encoder and decoder, under `mid`. */
export function midBlocks(x: Tensor, config: Ltx2AudioVaeConfig): Tensor {
  const channels = x.shape[3];
  return x.tracer.scope('mid', () => {
    const first = resnet('block_1', x, channels, config);
    return resnet('block_2', config.mid_block_add_attention ? attend('attn_1', first, config) : first, channels, config);
  });
}

/** Rows and columns of zeros of the halving convolution, by the causal axis. */
const downsamplePadding: Readonly<Record<Axis, readonly [Pair, Pair]>> = {
  none: [
    [0, 1],
    [0, 1],
  ],
  width: [
    [0, 1],
    [2, 0],
  ],
  height: [
    [2, 0],
    [0, 1],
  ],
  'width-compatibility': [
    [0, 1],
    [1, 0],
  ],
};

/** `LTX2AudioDownsample`: halves time and mel. */
export function audioDownsample(name: string, x: Tensor, axis: Axis): Tensor {
  return conv2dLayer(`${name}.conv`, x, x.shape[3], { stride: [2, 2], padding: downsamplePadding[axis] });
}

/** `LTX2AudioUpsample`: repeats every pixel, convolves, and drops the first of the causal axis, which stands for no input of its own. */
export function audioUpsample(name: string, x: Tensor, axis: Axis): Tensor {
  const [batch, frames, bins, channels] = x.shape;
  const wide = resample(reshape(x, [batch, 1, frames, bins, channels]), [1, 2 * frames, 2 * bins], 'nearest');
  const y = audioConv2d(`${name}.conv`, reshape(wide, [batch, 2 * frames, 2 * bins, channels]), channels, axis);
  if (axis === 'height') return slice(y, 1, 1, 2 * frames - 1);
  return axis === 'width' ? slice(y, 2, 1, 2 * bins - 1) : y;
}
