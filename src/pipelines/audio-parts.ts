import type { AudioLatentRate, AudioLatentShape } from '../diffusion';
import { AiprodError } from '../errors';
import { audioCompression, type Ltx2AudioVaeConfig, type Ltx2VocoderConfig } from '../models';
import type { AudioAutoencoder } from './audio-codec';
import type { NodeEstimate } from './dag';

/** What audio latents are, and the sound that is made of them. */
export interface AudioLayout {
  /** Channels and bins of the latents. */
  readonly channels: number;
  readonly bins: number;
  readonly rate: AudioLatentRate;
  /** Audio channels of the spectrogram that latents are decoded to. */
  readonly spectrogramChannels: number;
  /** Samples a second of what is decoded. */
  readonly sampleRate: number;
}

/** The parts of a model that make sound. They are at hand only within their call. */
export interface AudioParts extends AudioLayout {
  /** What decoding latents of a shape needs in memory; only machines with a memory to speak of tell it. */
  estimate?(shape: AudioLatentShape): NodeEstimate;
  withAutoencoder<T>(signal: AbortSignal, body: (audio: AudioAutoencoder) => Promise<T>): Promise<T>;
}

/** Of the sound models of LTX-2. */
export function audioLayoutOf(vae: Ltx2AudioVaeConfig, vocoder: Ltx2VocoderConfig): AudioLayout {
  if (vae.mel_bins === null || vae.mel_bins === undefined) {
    throw new AiprodError('unsupported-model', 'the audio VAE does not say how many mel bins it takes', {
      expected: 'mel_bins in its config.json',
      found: 'null',
    });
  }
  return {
    channels: vae.latent_channels,
    bins: vae.mel_bins / audioCompression,
    rate: { sampleRate: vae.sample_rate, hopLength: vae.mel_hop_length, compression: audioCompression },
    spectrogramChannels: vae.output_channels,
    sampleRate: vocoder.sampleRate,
  };
}
