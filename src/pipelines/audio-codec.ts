import { logMelSpectrogram, resample, sampleCount, type LogMelOptions, type Waveform } from '../audio';
import {
  denormalizeAudioTokens,
  normalizeAudioTokens,
  packAudioLatents,
  unpackAudioLatents,
  type AudioLatentShape,
  type AudioLatentStatistics,
} from '../diffusion';
import { AiprodError } from '../errors';
import { posteriorMode } from '../models';

/** Spectrograms or audio latents: [batch, channels, frames, bins]. */
export interface AudioTensor {
  readonly shape: AudioLatentShape;
  readonly data: Float32Array;
}

/** An audio VAE and a vocoder whose weights are at hand, on whatever runs them. */
export interface AudioAutoencoder {
  readonly statistics: AudioLatentStatistics;
  readonly latentChannels: number;
  /** What the encoder takes: spectrograms of so many channels, made so. */
  readonly front: LogMelOptions & { readonly channels: number };
  /** Samples a second of what `vocode` makes. */
  readonly sampleRate: number;
  /** Log-mel spectrograms [1, channels, T, mel bins] to the posterior's moments [1, 2 C, T', M]. */
  encode(mel: AudioTensor): Promise<AudioTensor>;
  /** Latents [1, C, T, M] in the VAE's units to log-mel spectrograms [1, channels, 4 T - 3, mel bins]. */
  decode(latents: AudioTensor): Promise<AudioTensor>;
  /** Log-mel spectrograms [1, channels, T, mel bins] to waveforms, one array a channel. */
  vocode(mel: AudioTensor): Promise<readonly Float32Array[]>;
}

/** Audio latents as the transformer takes them: tokens [frames, features] in the model's units. */
export interface AudioTokens {
  readonly frames: number;
  readonly data: Float32Array;
}

/**
 * A waveform of any rate to audio latents in the model's units: the mean of the posterior, packed, then normalised (LTX-2). One
 * channel is heard on both sides.
 * @throws AiprodError `bad-input` when the channels do not fit, or the sound is shorter than half a frame of the spectrogram (32 ms).
 */
export async function encodeWaveform(audio: AudioAutoencoder, waveform: Waveform): Promise<AudioTokens> {
  const heard = resample(withChannels(waveform, audio.front.channels), audio.front.sampleRate);
  const mel = logMelSpectrogram(heard, audio.front);
  const { shape, data } = await audio.encode({ shape: [1, ...mel.shape], data: mel.data });
  const [batch, channels, frames, bins] = shape;
  const mode = posteriorMode({ shape: [batch, channels, 1, frames, bins], data });
  const tokens = packAudioLatents(mode.data, [batch, channels / 2, frames, bins]);
  return { frames, data: normalizeAudioTokens(tokens, audio.statistics) };
}

function withChannels(waveform: Waveform, wanted: number): Waveform {
  const { channels } = waveform;
  sampleCount(waveform);
  if (channels.length === wanted) return waveform;
  if (channels.length === 1) return { ...waveform, channels: new Array<Float32Array>(wanted).fill(channels[0]) };
  throw new AiprodError('bad-input', 'the sound has more channels than the model hears', {
    expected: `1 or ${wanted}`,
    found: String(channels.length),
    hint: 'Mix it down first',
  });
}

/** Audio latents in the model's units to a waveform of the vocoder's rate: n latents to 4 n - 3 spectrogram frames to samples. */
export async function decodeWaveform(audio: AudioAutoencoder, { frames, data }: AudioTokens): Promise<Waveform> {
  const features = audio.statistics.mean.length;
  const shape: AudioLatentShape = [1, audio.latentChannels, frames, features / audio.latentChannels];
  const latents = unpackAudioLatents(denormalizeAudioTokens(data, audio.statistics), shape);
  const mel = await audio.decode({ shape, data: latents });
  return { sampleRate: audio.sampleRate, channels: await audio.vocode(mel) };
}
