import type { RenameRules } from './parameters';

/** Names of the sound models in the official single-file LTX-2 checkpoints (2.0 and 2.3) and how they become those of diffusers. */

export const LTX2_AUDIO_VAE_NAMES: RenameRules = {
  prefixes: ['audio_vae.'],
  rules: [
    { from: 'per_channel_statistics.mean-of-means', to: 'latents_mean' },
    { from: 'per_channel_statistics.std-of-means', to: 'latents_std' },
  ],
  drop: ['per_channel_statistics.'],
};

/**
 * 2.0 holds one generator under `vocoder.`; 2.3 holds two there, so that the first one's names begin with `vocoder.vocoder.`: the
 * prefix is taken off once.
 */
export const LTX2_VOCODER_NAMES: RenameRules = {
  prefixes: ['vocoder.'],
  rules: [
    { from: 'conv_pre', to: 'conv_in' },
    { from: 'conv_post', to: 'conv_out' },
    { from: 'act_post', to: 'act_out' },
    { from: 'ups', to: 'upsamplers' },
    { from: 'resblocks', to: 'resnets' },
    { from: 'downsample.lowpass', to: 'downsample' },
  ],
};
