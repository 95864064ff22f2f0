import { AiprodError } from '../errors';
import type { Graph, Shape } from '../graph';
import { ltxCoordinateFractions, ltxGridFractions, ltxRotaryTable, type Size3 } from '../numeric/rotary-tables';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from './build-graph';
import { compressionRatios, ltxLatentUpsampler, ltxVaeDecoder, ltxVaeEncoder, type LtxUpsamplerConfig, type LtxVaeConfig } from './ltx-vae';
import { ltxTransformer, type LtxTransformerConfig } from './ltx-video';
import type { Perturbation } from './perturbations';
import { textEncoder, type TextEncoderConfig } from './t5';
import { sinusoidChannels } from './timestep-embedder';

export type { BuildOptions, ModelGraph } from './build-graph';

export interface TextEncoderGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Tokens of a prompt, padding included. */
  readonly length: number;
  /** Whether padding is kept out by an attention mask. */
  readonly masked: boolean;
}

/**
 * T5 or UMT5 encoder. Inputs `input_ids` [B, N] i32 and, when masked, `attention_mask` [B, N] f32; output `last_hidden_state`
 * [B, N, d_model].
 */
export function buildTextEncoderGraph(config: TextEncoderConfig, options: TextEncoderGraphOptions): ModelGraph {
  const { batch, length } = options;
  requirePositive('text encoder', { batch, length });
  return buildGraph(options, (tracer, capture) => {
    const inputIds = tracer.input('input_ids', [batch, length], 'i32');
    const attentionMask = options.masked ? tracer.input('attention_mask', [batch, length], 'f32') : undefined;
    return { last_hidden_state: textEncoder(tracer, config, { inputIds, attentionMask }, capture) };
  });
}

/** Where the tokens of packed latents are. */
export type LtxPositions =
  /** A grid of tokens. `ropeInterpolationScale`: seconds and pixels of one latent step, e.g. [8 / fps, 32, 32]. */
  | { readonly frames: number; readonly height: number; readonly width: number; readonly ropeInterpolationScale?: Size3 }
  /** Seconds, pixel rows and pixel columns of each token, [B or 1, 3, N]. */
  | { readonly coordinates: Float32Array; readonly tokens: number };

export interface TransformerGraphOptions extends BuildOptions {
  readonly batch: number;
  readonly positions: LtxPositions;
  /** Tokens of a prompt. */
  readonly textLength: number;
  /** Whether there is one timestep for each sample or one for each token. Default sample. */
  readonly timesteps?: 'sample' | 'token';
  /** Whether padding of the text is kept out by a mask. Default true. */
  readonly masked?: boolean;
  /** What is left out of some blocks for some samples of the batch. */
  readonly perturbations?: readonly Perturbation[];
}

/**
 * LTX-Video transformer, one denoising pass. Inputs, all f32: `hidden_states` [B, N, in_channels], `encoder_hidden_states`
 * [B, M, caption_channels], `timestep_sinusoid` [B, 1 or N, 256] (see `timestepInput`) and, when masked,
 * `encoder_attention_mask` [B, M]; output `sample` [B, N, out_channels].
 */
export function buildTransformerGraph(config: LtxTransformerConfig, options: TransformerGraphOptions): ModelGraph {
  const { batch, positions, textLength } = options;
  const tokens = 'tokens' in positions ? positions.tokens : positions.frames * positions.height * positions.width;
  requirePositive('transformer', { batch, tokens, textLength });
  const table = ltxTransformerRotaryTable(config, positions);
  return buildGraph(options, (tracer, capture) => {
    const sample = ltxTransformer(
      tracer,
      config,
      {
        hiddenStates: tracer.input('hidden_states', [batch, tokens, config.in_channels], 'f32'),
        encoderHiddenStates: tracer.input('encoder_hidden_states', [batch, textLength, config.caption_channels], 'f32'),
        timestepSinusoid: tracer.input('timestep_sinusoid', [batch, options.timesteps === 'token' ? tokens : 1, sinusoidChannels], 'f32'),
        encoderAttentionMask: (options.masked ?? true) ? tracer.input('encoder_attention_mask', [batch, textLength], 'f32') : undefined,
        rotaryCos: tracer.constant(table.cos, table.shape, 'f32'),
        rotarySin: tracer.constant(table.sin, table.shape, 'f32'),
      },
      options.perturbations,
      capture,
    );
    return { sample };
  });
}

/** Cosines and sines of a transformer's positions, [1 or B, N, inner dim / 2]. */
export function ltxTransformerRotaryTable(
  config: LtxTransformerConfig,
  positions: LtxPositions,
): { cos: Float32Array; sin: Float32Array; shape: Shape } {
  const channels = config.num_attention_heads * config.attention_head_dim;
  const fractions =
    'coordinates' in positions
      ? ltxCoordinateFractions(positions.coordinates, positions.coordinates.length / (3 * positions.tokens))
      : ltxGridFractions([positions.frames, positions.height, positions.width], positions.ropeInterpolationScale, [
          config.patch_size_t,
          config.patch_size,
          config.patch_size,
        ]);
  const { cos, sin, shape } = ltxRotaryTable(fractions, channels);
  const tokens = 'coordinates' in positions ? positions.tokens : shape[0];
  return { cos, sin, shape: [shape[0] / tokens, tokens, shape[1]] };
}

export interface VaeDecoderGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Sizes of the latents. */
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/**
 * VAE decoder of LTX-Video or LTX-2. Inputs, all f32: `latents` [B, C, F, H, W], denormalized; `timestep_sinusoid` [B, 256] where the model is
 * timestep-conditioned (see `decodeTimestepInput`); `noise.0`, `noise.1`, ... [h, w] where it injects noise (standard normal, in
 * order of use). Output `sample` [B, 3, F', H', W'], about -1 to 1.
 */
export function buildVaeDecoderGraph(config: LtxVaeConfig, options: VaeDecoderGraphOptions): ModelGraph {
  const { batch, frames, height, width } = options;
  requirePositive('vae decoder', { batch, frames, height, width });
  if (config.decoder_spatial_padding_mode === 'reflect' && Math.min(height, width) < 2) {
    throw new AiprodError('shape-mismatch', 'this decoder mirrors the edges of its latents, which needs two a side', {
      where: 'vae decoder',
      expected: 'latents of at least 2 x 2',
      found: `${width} x ${height}`,
    });
  }
  return buildGraph(options, (tracer, capture) => {
    let draws = 0;
    const sample = ltxVaeDecoder(
      tracer,
      config,
      {
        latents: tracer.input('latents', [batch, config.latent_channels, frames, height, width], 'f32'),
        timestepSinusoid: config.timestep_conditioning ? tracer.input('timestep_sinusoid', [batch, sinusoidChannels], 'f32') : undefined,
        nextNoise: (rows, columns) => tracer.input(`noise.${draws++}`, [rows, columns], 'f32'),
      },
      capture,
    );
    return { sample };
  });
}

export interface VaeEncoderGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Sizes in pixels; height and width divide by the spatial compression, frames are a multiple of the temporal one plus 1. */
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** VAE encoder of LTX-Video or LTX-2. Input `video` [B, 3, F, H, W] f32, -1 to 1; output `moments` [B, 2 C, F', H', W'] (see `posteriorMode`). */
export function buildVaeEncoderGraph(config: LtxVaeConfig, options: VaeEncoderGraphOptions): ModelGraph {
  const { batch, frames, height, width } = options;
  requirePositive('vae encoder', { batch, frames, height, width });
  const { spatial, temporal } = compressionRatios(config);
  if (height % spatial !== 0 || width % spatial !== 0 || (frames - 1) % temporal !== 0) {
    throw new AiprodError('shape-mismatch', 'the video does not divide into latents', {
      where: 'vae encoder',
      expected: `height and width divisible by ${spatial}, frames a multiple of ${temporal} plus 1`,
      found: `${frames} frames of ${width} x ${height}`,
    });
  }
  return buildGraph(options, (tracer, capture) => {
    const video = tracer.input('video', [batch, config.in_channels, frames, height, width], 'f32');
    return { moments: ltxVaeEncoder(tracer, config, video, capture) };
  });
}

export interface UpsamplerGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Sizes of the latents that come in. */
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** Latent upsampler of LTX-Video or LTX-2. Input `latents` [B, C, F, H, W] f32, denormalized; output `sample`. */
export function buildLatentUpsamplerGraph(config: LtxUpsamplerConfig, options: UpsamplerGraphOptions): ModelGraph {
  const { batch, frames, height, width } = options;
  requirePositive('latent upsampler', { batch, frames, height, width });
  return buildGraph(options, (tracer, capture) => ({
    sample: ltxLatentUpsampler(tracer, config, tracer.input('latents', [batch, config.in_channels, frames, height, width], 'f32'), capture),
  }));
}

/** Names of the weights that a graph reads, in order. */
export function parameterNames(graph: Graph): string[] {
  return [...parameterShapes(graph).keys()];
}

/** Stored shape of each weight that a graph reads, by name. */
export function parameterShapes(graph: Graph): Map<string, Shape> {
  return new Map(Array.from(graph.parameters.values(), ({ name, storedShape }) => [name, storedShape]));
}
