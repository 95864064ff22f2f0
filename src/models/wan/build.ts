import { AiprodError } from '../../errors';
import { wanRotaryTable, type RotaryTable, type Size3 } from '../../numeric/rotary-tables';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import { wanTransformer } from './transformer';
import type { WanTransformerConfig } from './transformer-config';
import { wanVaeDecoder, wanVaeEncoder } from './vae';
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
 * [B, K, image_dim]; output `sample` [B, out_channels, F, H, W].
 */
export function buildWanTransformerGraph(config: WanTransformerConfig, options: WanTransformerGraphOptions): ModelGraph {
  const { batch, frames, height, width, textLength, imageLength = 0 } = options;
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
    const sample = wanTransformer(
      config,
      {
        hiddenStates: tracer.input('hidden_states', [batch, config.in_channels, frames, height, width], 'f32'),
        timestepSinusoid: tracer.input('timestep_sinusoid', [batch, 1, config.freq_dim], 'f32'),
        encoderHiddenStates: tracer.input('encoder_hidden_states', [batch, textLength, config.text_dim], 'f32'),
        ...(image_dim === null
          ? {}
          : { encoderHiddenStatesImage: tracer.input('encoder_hidden_states_image', [batch, imageLength, image_dim], 'f32') }),
        rotary: { cos: half(table.cos), sin: half(table.sin) },
      },
      capture,
    );
    return { sample };
  });
}

/** VAE encoder of Wan. Input `video` [B, 3, F, H, W] f32, -1 to 1; output `moments` [B, 2 z_dim, f, h, w]. */
export function buildWanVaeEncoderGraph(config: WanVaeConfig, options: BuildOptions & WanSizes): ModelGraph {
  const { batch, frames, height, width } = options;
  requirePositive('wan vae encoder', { batch, frames, height, width });
  const { spatial, temporal } = wanCompression(config);
  if ((frames - 1) % temporal !== 0 || height % spatial !== 0 || width % spatial !== 0) {
    throw new AiprodError('shape-mismatch', 'the video does not divide into latents', {
      where: 'wan vae encoder',
      expected: `frames one more than a multiple of ${temporal}, rows and columns divisible by ${spatial}`,
      found: `${frames}, ${height}, ${width}`,
    });
  }
  return buildGraph(options, (tracer) => ({
    moments: wanVaeEncoder(tracer.input('video', [batch, config.in_channels, frames, height, width], 'f32'), config),
  }));
}

/** VAE decoder of Wan. Input `latents` [B, z_dim, f, h, w] f32, not normalised; output `sample` [B, 3, F, H, W], -1 to 1. */
export function buildWanVaeDecoderGraph(config: WanVaeConfig, options: BuildOptions & WanSizes): ModelGraph {
  const { batch, frames, height, width } = options;
  requirePositive('wan vae decoder', { batch, frames, height, width });
  return buildGraph(options, (tracer) => ({
    sample: wanVaeDecoder(tracer.input('latents', [batch, config.z_dim, frames, height, width], 'f32'), config),
  }));
}
