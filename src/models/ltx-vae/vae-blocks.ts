import { add, broadcastTo, concat, layerNorm, mean, multiply, reshape, rmsNorm, silu, slice, type Tensor } from '../../graph';
import { conv3dLayer, modulationRows, splitLast } from '../layers';
import { timestepEmbedder } from '../timestep-embedder';
import { depthToSpace, spaceToDepth, type BlockSize } from './pixel-shuffle';
import type { LtxVaeConfig, SpatialPadding } from './vae-config';

/** Epsilon of the norms without weights. */
const pixelNormEps = 1e-8;

/** How an encoder's or decoder's convolutions see beyond the edges of the video. */
export interface Edges {
  /** Causal: the first frame is repeated in front; otherwise the first and the last are, half as often. */
  readonly causal: boolean;
  readonly space: SpatialPadding;
}

export interface CausalConv3dOptions {
  readonly edges: Edges;
  readonly kernel?: 1 | 3;
  readonly stride?: 1 | 2;
}

/** `LTXVideoCausalConv3d` on [B, F, H, W, C]: frames padded by repetition, rows and columns as told. Parameters `layer.conv.*`. */
export function causalConv3d(
  layer: string,
  x: Tensor,
  outChannels: number,
  { kernel = 3, stride = 1, edges }: CausalConv3dOptions,
): Tensor {
  const reach = kernel - 1;
  const around = [reach / 2, reach / 2] as const;
  return conv3dLayer(`${layer}.conv`, x, outChannels, {
    kernel: [kernel, kernel, kernel],
    stride: [stride, stride, stride],
    padding: [edges.causal ? [reach, 0] : around, around, around],
    time: 'replicate',
    space: edges.space,
  });
}

/** RMS norm of every pixel over its channels, without weight. */
export function pixelNorm(x: Tensor): Tensor {
  return rmsNorm(x, { eps: pixelNormEps });
}

/** What a decoder gives its blocks; a block of the encoder has none of it. */
export interface DecoderConditioning {
  /** Sinusoid of the scaled decode timestep, [B, 256]; present in timestep-conditioned models. */
  readonly timestepSinusoid?: Tensor;
  /** The next draw of standard normal noise, [H, W]. */
  readonly nextNoise: (rows: number, columns: number) => Tensor;
}

/** A learned embedding of the decode timestep under `time_embedder`, cut into `rows` modulation rows [B, 1, 1, 1, C]. */
export function timestepRows(sinusoid: Tensor, rows: number, channels: number): Tensor[] {
  const embedded = sinusoid.tracer.scope('time_embedder', () => timestepEmbedder(sinusoid, rows * channels));
  return splitLast(embedded, rows).map((row) => reshape(row, [row.shape[0], 1, 1, 1, channels]));
}

export interface ResnetOptions {
  readonly outChannels?: number;
  readonly edges: Edges;
  /** Whether a shortcut's convolution is one itself (`conv_shortcut`) or lies in a causal one (`conv_shortcut.conv`). */
  readonly plainShortcut: boolean;
  /** Epsilon of the layer norm on the shortcut, where there is one. */
  readonly normEps: number;
  /** Four rows [B, 1, 1, 1, C] of the block's timestep embedding: shift and scale of either norm. */
  readonly timestepRows?: readonly Tensor[];
  /** Where injected noise comes from; absent when the block injects none. */
  readonly noise?: DecoderConditioning['nextNoise'];
}

/** What all resnets of a model have in common. */
export function resnetSettings(config: LtxVaeConfig): Pick<ResnetOptions, 'plainShortcut' | 'normEps'> {
  return { plainShortcut: config.plain_shortcut, normEps: config.resnet_norm_eps };
}

/** `LTXVideoResnetBlock3d`: norm, modulation, SiLU and conv3d, twice, beside a shortcut that is projected when channels change. */
export function resnet(name: string, x: Tensor, options: ResnetOptions): Tensor {
  const { tracer } = x;
  const { edges, noise } = options;
  const inChannels = x.shape[4];
  const outChannels = options.outChannels ?? inChannels;
  return tracer.scope(name, () => {
    const rows = options.timestepRows === undefined ? undefined : modulationRows('scale_shift_table', 4, options.timestepRows);
    const modulate = (y: Tensor, first: number): Tensor =>
      rows === undefined ? y : add(multiply(y, add(rows[first + 1], 1)), rows[first]);
    let y = causalConv3d('conv1', silu(modulate(pixelNorm(x), 0)), outChannels, { edges });
    if (noise !== undefined) y = injectNoise(y, 'per_channel_scale1', noise);
    y = causalConv3d('conv2', silu(modulate(pixelNorm(y), 2)), outChannels, { edges });
    if (noise !== undefined) y = injectNoise(y, 'per_channel_scale2', noise);
    if (inChannels === outChannels) return add(y, x);
    const normed = layerNorm(x, {
      eps: options.normEps,
      weight: tracer.parameter('norm3.weight', [inChannels]),
      bias: tracer.parameter('norm3.bias', [inChannels]),
    });
    return add(y, shortcut(normed, outChannels, options.plainShortcut));
  });
}

/** Channels of single pixels mixed anew. */
function shortcut(x: Tensor, outChannels: number, plain: boolean): Tensor {
  const none = [0, 0] as const;
  return conv3dLayer(plain ? 'conv_shortcut' : 'conv_shortcut.conv', x, outChannels, { kernel: [1, 1, 1], padding: [none, none, none] });
}

/** Adds one plane of noise to all frames, as strongly as the learned scale of each channel says. */
function injectNoise(x: Tensor, scaleName: string, nextNoise: DecoderConditioning['nextNoise']): Tensor {
  const [, , rows, columns, channels] = x.shape;
  const scale = reshape(x.tracer.parameter(scaleName, [channels, 1, 1]), [channels]);
  const plane = reshape(nextNoise(rows, columns), [1, 1, rows, columns, 1]);
  return add(x, multiply(plane, scale), x.dtype);
}

/**
 * `LTXVideoDownsampler3d`: a convolution whose result is pixel-unshuffled, beside the pixel-unshuffled input averaged over
 * groups of channels. The first frame is repeated so that frames divide.
 */
export function unshuffleDownsample(name: string, x: Tensor, outChannels: number, stride: BlockSize, edges: Edges): Tensor {
  const volume = stride[0] * stride[1] * stride[2];
  const padded = stride[0] === 1 ? x : concat([slice(x, 1, 0, stride[0] - 1), x], 1);
  const shuffled = spaceToDepth(padded, stride);
  const [batch, frames, rows, columns, channels] = shuffled.shape;
  const groups = reshape(shuffled, [batch, frames, rows, columns, outChannels, channels / outChannels]);
  const residual = mean(groups, [5], { keepDims: false });
  return x.tracer.scope(name, () => add(spaceToDepth(causalConv3d('conv', padded, outChannels / volume, { edges }), stride), residual));
}

export interface ShuffleUpsampleOptions {
  /** Frames, rows and columns of one pixel. */
  readonly stride: BlockSize;
  /** By how much the convolution widens less than the shuffle needs. */
  readonly factor: number;
  readonly residual: boolean;
  readonly edges: Edges;
}

/**
 * `LTXVideoUpsampler3d`: a convolution, then a pixel shuffle that doubles what it enlarges; of doubled frames the first is dropped.
 * The residual is the input under the same shuffle, repeated over the channels: it is added before the shuffle, which is the
 * same sum.
 */
export function shuffleUpsample(name: string, x: Tensor, options: ShuffleUpsampleOptions): Tensor {
  const { stride } = options;
  const [batch, frames, rows, columns, channels] = x.shape;
  const wideChannels = (channels * stride[0] * stride[1] * stride[2]) / options.factor;
  let wide = x.tracer.scope(name, () => causalConv3d('conv', x, wideChannels, { edges: options.edges }));
  if (options.residual) {
    const repeats = wideChannels / channels;
    const repeated = broadcastTo(reshape(x, [batch, frames, rows, columns, 1, channels]), [
      batch,
      frames,
      rows,
      columns,
      repeats,
      channels,
    ]);
    wide = add(wide, reshape(repeated, wide.shape));
  }
  const shuffled = depthToSpace(wide, stride);
  if (stride[0] === 1) return shuffled;
  return slice(shuffled, 1, stride[0] - 1, shuffled.shape[1] - (stride[0] - 1));
}
