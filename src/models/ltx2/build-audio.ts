import { AiprodError } from '../../errors';
import { cast } from '../../graph';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import type { Ltx2AudioVaeConfig } from './audio-vae-config';
import { ltx2AudioVaeDecoder } from './audio-vae-decoder';
import { ltx2AudioVaeEncoder } from './audio-vae-encoder';
import { ltx2BandwidthExtension } from './bandwidth-extension';
import { ltx2Generator } from './vocoder';
import type { Ltx2VocoderConfig } from './vocoder-config';

export interface AudioVaeEncoderGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Sizes of the spectrogram. */
  readonly frames: number;
  readonly melBins: number;
}

/** LTX-2 audio VAE encoder. Input `mel` [B, in_channels, T, mel_bins] f32; output `moments` [B, 2 C, T', M'] (see `posteriorMode`). */
export function buildAudioVaeEncoderGraph(config: Ltx2AudioVaeConfig, options: AudioVaeEncoderGraphOptions): ModelGraph {
  const { batch, frames, melBins } = options;
  requirePositive('audio vae encoder', { batch, frames, melBins });
  return buildGraph(options, (tracer, capture) => {
    const mel = tracer.input('mel', [batch, config.in_channels, frames, melBins], 'f32');
    return { moments: ltx2AudioVaeEncoder(tracer, config, mel, capture) };
  });
}

export interface AudioVaeDecoderGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Sizes of the latents. */
  readonly frames: number;
  readonly bins: number;
}

/** LTX-2 audio VAE decoder. Input `latents` [B, C, T, M] f32, denormalized; output `mel` [B, output_channels, 4 T - 3, mel_bins]. */
export function buildAudioVaeDecoderGraph(config: Ltx2AudioVaeConfig, options: AudioVaeDecoderGraphOptions): ModelGraph {
  const { batch, frames, bins } = options;
  requirePositive('audio vae decoder', { batch, frames, bins });
  return buildGraph(options, (tracer, capture) => {
    const latents = tracer.input('latents', [batch, config.latent_channels, frames, bins], 'f32');
    return { mel: ltx2AudioVaeDecoder(tracer, config, latents, capture) };
  });
}

export interface VocoderGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Audio channels of the spectrogram; its mel bins follow from the config. */
  readonly channels: number;
  /** Frames of the spectrogram. */
  readonly frames: number;
}

/**
 * LTX-2 vocoder, with its bandwidth extension where the config has one. Input `mel` [B, channels, T, bins] f32; output `sample`
 * [B, out_channels, samples], -1 to 1. With the extension all of it is f32 whatever the storage type: half precision is wrong by 13 %.
 */
export function buildVocoderGraph(config: Ltx2VocoderConfig, options: VocoderGraphOptions): ModelGraph {
  const { batch, channels, frames } = options;
  requirePositive('vocoder', { batch, channels, frames });
  const { generator, extension } = config;
  if (generator.in_channels % channels !== 0) {
    throw new AiprodError('shape-mismatch', 'the spectrogram does not fit the vocoder', {
      expected: `audio channels that divide the ${generator.in_channels} channels of its input`,
      found: String(channels),
    });
  }
  return buildGraph(extension === undefined ? options : { ...options, dtype: 'f32' }, (tracer, capture) => {
    const mel = tracer.input('mel', [batch, channels, frames, generator.in_channels / channels], 'f32');
    if (extension === undefined) return { sample: cast(ltx2Generator(tracer, generator, mel, capture), 'f32') };
    const wave = tracer.scope('vocoder', () => ltx2Generator(tracer, generator, mel, (name, value) => capture(`vocoder.${name}`, value)));
    capture('vocoder', () => wave);
    return { sample: ltx2BandwidthExtension(tracer, extension, wave, capture) };
  });
}
