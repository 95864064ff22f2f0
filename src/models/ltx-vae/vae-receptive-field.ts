import {
  compressionRatios,
  decoderMidBlock,
  downBlocks,
  downsampleStride,
  upBlocks,
  upsampleStride,
  type LtxVaeConfig,
} from './vae-config';

/** Latents (frames, rows or columns) that a latent's pixels depend on, before and after it. */
export interface LatentContext {
  readonly before: number;
  readonly after: number;
}

/** Context along time and along either axis of space. */
export interface VaeContext {
  readonly frames: LatentContext;
  readonly space: LatentContext;
}

/** Inclusive positions along one axis. */
type Range = readonly [first: number, last: number];

/** Any latent far from the ends: the network is the same everywhere. */
const somewhere = 1 << 20;

/**
 * How far the decoder looks: with this many latents around them, the pixels of a latent are those of a decode of the whole.
 * Found by walking the network from its output to the latents, each convolution widening the range of positions it reads
 * (receptive field arithmetic; Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill
 * 2019). Norms act on single pixels and the timestep on all alike, so convolutions are all there is.
 */
export function decoderContext(config: LtxVaeConfig): VaeContext {
  const { spatial, temporal } = compressionRatios(config);
  const causal = config.decoder_causal;
  const frames = latentsOfFrames(config, [(somewhere - 1) * temporal + 1, somewhere * temporal], causal);
  const space = latentsOfPixels(config, [somewhere * spatial, (somewhere + 1) * spatial - 1]);
  return { frames: around(frames), space: around(space) };
}

/**
 * How far the encoder looks, in latents: a tile of video that begins this many latents early and ends this many late has the
 * latents of the whole between. A causal encoder looks back only.
 */
export function encoderContext(config: LtxVaeConfig): VaeContext {
  const { spatial, temporal } = compressionRatios(config);
  const [firstFrame, lastFrame] = encoderRange(config, 'frames');
  const [firstPixel, lastPixel] = encoderRange(config, 'space');
  // A tile begins with the last frame of a latent and with the first pixel of one.
  return {
    frames: around([Math.floor(firstFrame / temporal), Math.ceil(lastFrame / temporal)]),
    space: around([Math.floor(firstPixel / spatial), Math.floor(lastPixel / spatial)]),
  };
}

function around([first, last]: Range): LatentContext {
  return { before: somewhere - first, after: last - somewhere };
}

/** Convolutions of kernel 3, one after the other, along space or non-causal time. */
const centred = ([first, last]: Range, convolutions: number): Range => [first - convolutions, last + convolutions];
/** The same along causal time. */
const backward = ([first, last]: Range, convolutions: number): Range => [first - 2 * convolutions, last];

function latentsOfPixels(config: LtxVaeConfig, pixels: Range): Range {
  const patches: Range = [Math.floor(pixels[0] / config.patch_size), Math.floor(pixels[1] / config.patch_size)];
  return throughDecoder(config, patches, 1, centred, ([first, last]) => [Math.floor(first / 2), Math.floor(last / 2)]);
}

function latentsOfFrames(config: LtxVaeConfig, frames: Range, causal: boolean): Range {
  // An upsampler drops its first frame: frame q of its result is frame q + 1 of the doubled ones.
  return throughDecoder(config, frames, 0, causal ? backward : centred, ([first, last]) => [
    Math.floor((first + 1) / 2),
    Math.floor((last + 1) / 2),
  ]);
}

/** @param axis 0 for frames, 1 for rows or columns */
function throughDecoder(config: LtxVaeConfig, output: Range, axis: 0 | 1, convolve: typeof centred, halve: (range: Range) => Range): Range {
  let range = convolve(output, 1);
  for (const block of upBlocks(config).toReversed()) {
    range = convolve(range, 2 * block.layers);
    if (block.upsample !== undefined) {
      range = convolve(upsampleStride[block.upsample.type][axis] === 1 ? range : halve(range), 1);
    }
    if (block.inChannels !== block.outChannels) range = convolve(range, 2);
  }
  return convolve(range, 2 * decoderMidBlock(config).layers + 1);
}

/** Pixels or frames that one latent is made of. */
function encoderRange(config: LtxVaeConfig, axis: 'frames' | 'space'): Range {
  const convolve = axis === 'frames' && config.encoder_causal ? backward : centred;
  const layers = config.layers_per_block;
  let range = convolve([somewhere, somewhere], 1 + 2 * layers[layers.length - 1]);
  for (const block of downBlocks(config).toReversed()) {
    const projects = block.type === 'LTXVideoDownBlock3D' && block.inChannels !== block.outChannels;
    if (projects) range = convolve(range, 2);
    if (block.downsample !== undefined) {
      const stride = downsampleStride[block.downsample][axis === 'frames' ? 0 : 1];
      range = throughDownsampler(range, stride, block.downsample === 'conv', axis, convolve);
    }
    range = convolve(range, 2 * block.layers);
  }
  range = convolve(range, 1);
  return axis === 'frames' ? range : [range[0] * config.patch_size, range[1] * config.patch_size + config.patch_size - 1];
}

function throughDownsampler(
  [first, last]: Range,
  stride: number,
  strided: boolean,
  axis: 'frames' | 'space',
  convolve: typeof centred,
): Range {
  if (strided) return convolve([stride * first, stride * last], 1);
  if (stride === 1) return convolve([first, last], 1);
  // A pixel-unshuffle gathers pairs; along time the first frame was repeated, so pairs are one frame earlier.
  const shift = axis === 'frames' ? 1 : 0;
  return convolve([2 * first - shift, 2 * last + 1 - shift], 1);
}
