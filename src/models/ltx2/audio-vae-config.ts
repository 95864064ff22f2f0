import { z } from 'zod';
import { AiprodError } from '../../errors';
import { oneOf, parseModelConfig, positiveInteger } from '../model-config';

/** Channels a group norm makes groups of. */
export const audioNormGroups = 32;

/** Constructor arguments of `diffusers.AutoencoderKLLTX2Audio`, with its defaults. */
export const ltx2AudioVaeConfigSchema = z.object({
  base_channels: positiveInteger.default(128),
  /** Audio channels of the spectrogram that the decoder makes. */
  output_channels: positiveInteger.default(2),
  /** Channels of each level over the base, from the spectrogram to the latents. */
  ch_mult: z.array(positiveInteger).min(1).default([1, 2, 4]),
  num_res_blocks: positiveInteger.default(2),
  /** Nominal resolutions at which blocks attend; see {@link encoderAttends}. */
  attn_resolutions: z.array(positiveInteger).nullish(),
  /** Audio channels of the spectrogram that the encoder takes. */
  in_channels: positiveInteger.default(2),
  /** Nominal size of the first level; it only places the attention. */
  resolution: positiveInteger.default(256),
  latent_channels: positiveInteger.default(8),
  norm_type: oneOf(['pixel', 'group']).default('pixel'),
  /** The axis along which convolutions see only what came before: height is time, width is mel. */
  causality_axis: oneOf(['height', 'width', 'width-compatibility', 'none']).default('height'),
  mid_block_add_attention: z.boolean().default(false),
  /** Samples a second of the waveforms that spectrograms are made of. */
  sample_rate: positiveInteger.default(16000),
  mel_hop_length: positiveInteger.default(160),
  mel_bins: positiveInteger.nullish().default(64),
  double_z: z.literal(true, { error: 'true, the reference cannot take a posterior from other encoders' }).default(true),
});

export type Ltx2AudioVaeConfig = z.output<typeof ltx2AudioVaeConfigSchema>;

/** What the reference takes as given: a latent frame stands for 4 spectrogram frames, whatever the levels are. */
export const audioCompression = 4;

/** Reads an audio VAE's config.json and checks that the reference could build it. */
export function parseLtx2AudioVaeConfig(value: unknown, where = 'audio_vae'): Ltx2AudioVaeConfig {
  const config = parseModelConfig(ltx2AudioVaeConfigSchema, value, where);
  if (config.norm_type !== 'group') return config;
  if (config.causality_axis !== 'none') {
    throw new AiprodError('unsupported-model', 'causal blocks cannot have a group norm, which sees all of time', {
      where,
      expected: "norm_type 'pixel', or causality_axis 'none'",
      found: `${config.norm_type}, ${config.causality_axis}`,
    });
  }
  if (config.base_channels % audioNormGroups !== 0) {
    throw new AiprodError('unsupported-model', 'the channels do not divide into the groups of the group norm', {
      where,
      expected: `base_channels divisible by ${audioNormGroups}`,
      found: String(config.base_channels),
    });
  }
  return config;
}

/** Channels of each level, from the spectrogram to the latents. */
export function levelChannels(config: Ltx2AudioVaeConfig): number[] {
  return config.ch_mult.map((factor) => config.base_channels * factor);
}

/** Whether the encoder's blocks of a level (0 is the spectrogram's) attend. Sizes are halved as whole numbers, level by level. */
export function encoderAttends({ attn_resolutions, resolution }: Ltx2AudioVaeConfig, level: number): boolean {
  return attn_resolutions?.includes(Math.floor(resolution / 2 ** level)) === true;
}

/** The same of the decoder, which doubles the size of the last level. */
export function decoderAttends({ attn_resolutions, resolution, ch_mult }: Ltx2AudioVaeConfig, level: number): boolean {
  const last = ch_mult.length - 1;
  return attn_resolutions?.includes(Math.floor(resolution / 2 ** last) * 2 ** (last - level)) === true;
}

/** Spectrogram frames that `frames` latent frames decode to: 4 n - 3. */
export function decodedAudioFrames(frames: number): number {
  return Math.max(frames * audioCompression - (audioCompression - 1), 1);
}

/** Mel bins of the decoded spectrogram, for latents of `bins` bins. */
export function decodedMelBins(config: Ltx2AudioVaeConfig, bins: number): number {
  return config.mel_bins ?? bins;
}
