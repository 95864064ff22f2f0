import { AiprodError } from '../../errors';
import { concat, type Tensor } from '../../graph';
import { wanRotaryTable, type RotaryTable, type Size3 } from '../../numeric/rotary-tables';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import type { Perturbation } from '../perturbations';
import { carriedPrefix, FrameMemory, type VideoPart } from './frame-memory';
import { wanTransformer } from './transformer';
import type { WanTransformerConfig } from './transformer-config';
import {
  wanStateChannels,
  wanVaeDecoder,
  wanVaeDecoderLevels,
  wanVaeDecoderMiddle,
  wanVaeEncoder,
  wanVaeEncoderLevels,
  wanVaeEncoderMiddle,
} from './vae';
import { wanCompression, type WanVaeConfig } from './vae-config';

/** Sizes of a batch of videos: of latents where a graph reads latents, of pixels where it reads pixels. */
export interface WanSizes {
  readonly batch: number;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

export interface WanTransformerGraphOptions extends BuildOptions, WanSizes {
  /** Tokens of a prompt. */
  readonly textLength: number;
  /** Tokens of the image's embedding; models that read images need it. */
  readonly imageLength?: number;
  /** Channels of an input of its own that stand behind those of the latents: what image to video is given of the clip. Default 0. */
  readonly conditionChannels?: number;
  /** What is left out of some blocks for some samples of the batch. */
  readonly perturbations?: readonly Perturbation[];
}

/** Tokens of latents along frames, rows and columns. @throws AiprodError `shape-mismatch` for latents that patches do not fill. */
function tokenGrid({ patch_size }: WanTransformerConfig, { frames, height, width }: WanSizes): Size3 {
  const sizes: Size3 = [frames, height, width];
  if (sizes.every((size, axis) => size % patch_size[axis] === 0)) {
    return [frames / patch_size[0], height / patch_size[1], width / patch_size[2]];
  }
  throw new AiprodError('shape-mismatch', 'the latents do not divide into patches', {
    where: 'wan transformer',
    expected: `frames, rows and columns divisible by ${patch_size.join(', ')}`,
    found: sizes.join(', '),
  });
}

/** Cosines and sines of a transformer's tokens, [N, 1, head / 2]. */
export function wanTransformerRotaryTable(config: WanTransformerConfig, sizes: WanSizes): RotaryTable {
  return wanRotaryTable(tokenGrid(config, sizes), config.attention_head_dim);
}

/**
 * Wan transformer, one denoising pass. Inputs, all f32: `hidden_states` [B, C, F, H, W], `encoder_hidden_states` [B, M, text_dim],
 * `timestep_sinusoid` [B, 1, freq_dim] (`timestepSinusoid`) and, where the model reads images, `encoder_hidden_states_image`
 * [B, K, image_dim]; with condition channels `condition` [B, those, F, H, W], and that many less of `hidden_states`. Output `sample` [B, out_channels, F, H, W].
 */
export function buildWanTransformerGraph(config: WanTransformerConfig, options: WanTransformerGraphOptions): ModelGraph {
  const { batch, frames, height, width, textLength, imageLength = 0, conditionChannels = 0 } = options;
  requirePositive('wan transformer', { batch, frames, height, width, textLength });
  const { image_dim } = config;
  if ((image_dim !== null) !== imageLength > 0) {
    throw new AiprodError('shape-mismatch', image_dim === null ? 'this model reads no image' : 'this model reads an image', {
      where: 'wan transformer',
      expected: image_dim === null ? 'no embedding of an image' : `an embedding of an image, ${image_dim} wide`,
      found: `${imageLength} tokens`,
    });
  }
  const table = wanTransformerRotaryTable(config, options);
  return buildGraph(options, (tracer, capture) => {
    const half = (values: Float32Array) => tracer.constant(values, [1, ...table.shape], 'f32');
    const channels = (name: string, count: number) => tracer.input(name, [batch, count, frames, height, width], 'f32');
    const latents = channels('hidden_states', config.in_channels - conditionChannels);
    const sample = wanTransformer(
      config,
      {
        hiddenStates: conditionChannels === 0 ? latents : concat([latents, channels('condition', conditionChannels)], 1),
        timestepSinusoid: tracer.input('timestep_sinusoid', [batch, 1, config.freq_dim], 'f32'),
        encoderHiddenStates: tracer.input('encoder_hidden_states', [batch, textLength, config.text_dim], 'f32'),
        ...(image_dim === null
          ? {}
          : { encoderHiddenStatesImage: tracer.input('encoder_hidden_states_image', [batch, imageLength, image_dim], 'f32') }),
        rotary: { cos: half(table.cos), sin: half(table.sin) },
      },
      options.perturbations,
      capture,
    );
    return { sample };
  });
}

interface WanVaeOptions extends BuildOptions, WanSizes {
  /**
   * Whether the sizes are of a whole video, or of a part of one: its first frame (of latents), or later ones. Parts have outputs
   * `carried.N`, and later ones inputs of those names, which carry what layers saw from part to part; zeros where nothing did.
   */
  readonly part?: VideoPart;
}

function requireOneFrame(where: string, part: VideoPart, frames: number): void {
  if (part !== 'first' || frames === 1) return;
  throw new AiprodError('shape-mismatch', 'the first part of a video is one frame', { where, expected: '1', found: String(frames) });
}

/** VAE encoder of Wan. Input `video` [B, 3, F, H, W] f32, -1 to 1; output `moments` [B, 2 z_dim, f, h, w]. */
export function buildWanVaeEncoderGraph(config: WanVaeConfig, options: WanVaeOptions): ModelGraph {
  requirePixels(config, options);
  return buildHalf(options, ['video', config.in_channels], 'moments', (video, memory) => wanVaeEncoder(video, config, memory));
}

/** VAE decoder of Wan. Input `latents` [B, z_dim, f, h, w] f32, not normalised; output `sample` [B, 3, F, H, W], -1 to 1. */
export function buildWanVaeDecoderGraph(config: WanVaeConfig, options: WanVaeOptions): ModelGraph {
  return buildHalf(options, ['latents', config.z_dim], 'sample', (latents, memory) => wanVaeDecoder(latents, config, memory));
}

/**
 * Both halves of the encoder: `levels` takes `video`, of which no value sees the whole of a frame, to `states` [B, C, f, h, w]; `middle`
 * with its attention takes these to `moments`. Sizes are those of what goes in.
 */
export const wanVaeEncoderHalves = {
  levels(config: WanVaeConfig, options: WanVaeOptions): ModelGraph {
    requirePixels(config, options);
    return buildHalf(options, ['video', config.in_channels], 'states', (video, memory) => wanVaeEncoderLevels(video, config, memory));
  },
  middle: (config: WanVaeConfig, options: WanVaeOptions): ModelGraph =>
    buildHalf(options, ['states', wanStateChannels(config).encode], 'moments', (states, memory) =>
      wanVaeEncoderMiddle(states, config, memory),
    ),
};

/** Both halves of the decoder: `middle` takes `latents` to `states` [B, C, f, h, w], `levels` these to `sample`. */
export const wanVaeDecoderHalves = {
  middle: (config: WanVaeConfig, options: WanVaeOptions): ModelGraph =>
    buildHalf(options, ['latents', config.z_dim], 'states', (latents, memory) => wanVaeDecoderMiddle(latents, config, memory)),
  levels: (config: WanVaeConfig, options: WanVaeOptions): ModelGraph =>
    buildHalf(options, ['states', wanStateChannels(config).decode], 'sample', (states, memory) =>
      wanVaeDecoderLevels(states, config, memory),
    ),
};

function buildHalf(
  options: WanVaeOptions,
  [input, channels]: readonly [name: string, channels: number],
  output: string,
  body: (x: Tensor, memory: FrameMemory) => Tensor,
): ModelGraph {
  const { batch, frames, height, width, part = 'whole' } = options;
  requirePositive('wan vae', { batch, frames, height, width });
  requireOneFrame('wan vae', part, frames);
  return buildGraph(options, (tracer) => {
    const memory = new FrameMemory(part);
    const made = body(tracer.input(input, [batch, channels, frames, height, width], 'f32'), memory);
    return { [output]: made, ...memory.outputs() };
  });
}

function requirePixels(config: WanVaeConfig, { batch, frames, height, width, part = 'whole' }: WanVaeOptions): void {
  requirePositive('wan vae encoder', { batch, frames, height, width });
  const { spatial, temporal } = wanCompression(config);
  requireOneFrame('wan vae encoder', part, frames);
  const first = part === 'later' ? 0 : 1;
  if (frames < first || (frames - first) % temporal !== 0 || height % spatial !== 0 || width % spatial !== 0) {
    throw new AiprodError('shape-mismatch', 'the video does not divide into latents', {
      where: 'wan vae encoder',
      expected: `frames ${first === 0 ? '' : 'one more than '}a multiple of ${temporal}, rows and columns divisible by ${spatial}`,
      found: `${frames}, ${height}, ${width}`,
    });
  }
}

/** Whether an input or output carries frames from one part of a video to the next. */
export function isCarried(name: string): boolean {
  return name.startsWith(carriedPrefix);
}
