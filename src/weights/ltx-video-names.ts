import type { RenameRule, RenameRules } from './parameters';

/**
 * Names of the official single-file checkpoints of LTX-Video, and of LTX-2's VAE, and how they become those of diffusers. The
 * official blocks are numbered flat; diffusers nests samplers inside their block.
 */

/** Generations of the VAE that differ in structure. 0.9.5 stands for it and later ones of LTX-Video, 2.0 for those of LTX-2. */
export type LtxVaeVersion = '0.9.0' | '0.9.1' | '0.9.5' | '2.0';

/** What a checkpoint may hold beside the transformer where that has no prefix of its own. */
const OTHER_PARTS = ['vae.', 'text_encoders.', 'first_stage_model.', 'cond_stage_model.'];

export const LTX_TRANSFORMER_NAMES: RenameRules = {
  prefixes: ['model.diffusion_model.', 'diffusion_model.', ''],
  drop: OTHER_PARTS,
  rules: [
    { from: 'patchify_proj', to: 'proj_in' },
    { from: 'adaln_single', to: 'time_embed' },
    { from: 'q_norm', to: 'norm_q' },
    { from: 'k_norm', to: 'norm_k' },
  ],
};

/** LTX-Video's shortcuts are causal convolutions, LTX-2's plain ones. */
const CAUSAL_SHORTCUT: RenameRule = { from: 'conv_shortcut', to: 'conv_shortcut.conv' };
const VAE_COMMON: readonly RenameRule[] = [
  { from: 'res_blocks', to: 'resnets' },
  { from: 'norm3.norm', to: 'norm3' },
  { from: 'per_channel_statistics.mean-of-means', to: 'latents_mean' },
  { from: 'per_channel_statistics.std-of-means', to: 'latents_std' },
];

const TIMESTEP_CONDITIONING: readonly RenameRule[] = [
  { from: 'last_time_embedder', to: 'time_embedder' },
  { from: 'last_scale_shift_table', to: 'scale_shift_table' },
];

const ENCODER_090 = flatBlocks('down_blocks', [
  '0',
  '0.downsamplers.0',
  '0.conv_out',
  '1',
  '1.downsamplers.0',
  '1.conv_out',
  '2',
  '2.downsamplers.0',
  '3',
  'mid_block',
]);
const DECODER_090 = flatBlocks('up_blocks', [
  'mid_block',
  '0',
  '1.upsamplers.0',
  '1',
  '2.conv_in',
  '2.upsamplers.0',
  '2',
  '3.conv_in',
  '3.upsamplers.0',
  '3',
]);
const ENCODER_095 = flatBlocks('down_blocks', [
  '0',
  '0.downsamplers.0',
  '1',
  '1.downsamplers.0',
  '2',
  '2.downsamplers.0',
  '3',
  '3.downsamplers.0',
  'mid_block',
]);
const DECODER_091 = flatBlocks('up_blocks', [
  'mid_block',
  '0.upsamplers.0',
  '0',
  '1.upsamplers.0',
  '1',
  '2.upsamplers.0',
  '2',
  '3.upsamplers.0',
  '3',
]);

const VAE_RULES: Readonly<Record<LtxVaeVersion, readonly RenameRule[]>> = {
  '0.9.0': [...VAE_COMMON, CAUSAL_SHORTCUT, ...ENCODER_090, ...DECODER_090],
  '0.9.1': [...VAE_COMMON, CAUSAL_SHORTCUT, ...TIMESTEP_CONDITIONING, ...ENCODER_090, ...DECODER_091],
  '0.9.5': [...VAE_COMMON, CAUSAL_SHORTCUT, ...TIMESTEP_CONDITIONING, ...ENCODER_095, ...DECODER_091],
  '2.0': [...VAE_COMMON, ...TIMESTEP_CONDITIONING, ...ENCODER_095, ...DECODER_091],
};

export function ltxVaeNames(version: LtxVaeVersion): RenameRules {
  return {
    prefixes: ['vae.', 'first_stage_model.', ''],
    rules: VAE_RULES[version],
    drop: ['per_channel_statistics.', 'model.diffusion_model.'],
  };
}

/**
 * Which VAE generation tensors belong to: an encoder that downsamples by pixel-unshuffle (`down_blocks.N.conv.conv`; the released
 * one also has 2048 inputs in `encoder.conv_out`, which is what the reference asks) is 0.9.5 or later, or LTX-2's, which has no
 * `last_time_embedder`, or a transformer with sound beside it; else a `last_time_embedder` means 0.9.1; else it is 0.9.0. Names may
 * carry a prefix such as `vae.`; undefined when it is no LTX VAE.
 */
export function ltxVaeVersion(shapes: ReadonlyMap<string, readonly number[]>): LtxVaeVersion | undefined {
  let convOut: readonly number[] | undefined;
  let hasBlocks = false;
  let hasTimeEmbedder = false;
  let unshuffles = false;
  let hasSound = false;
  for (const [name, shape] of shapes) {
    if (/(^|\.)encoder\.conv_out\.conv\.weight$/.test(name)) convOut = shape;
    if (/(^|\.)decoder\.up_blocks\.0\.res_blocks\.0\./.test(name)) hasBlocks = true;
    if (/(^|\.)decoder\.last_time_embedder\./.test(name)) hasTimeEmbedder = true;
    if (/(^|\.)encoder\.down_blocks\.\d+\.conv\.conv\.weight$/.test(name)) unshuffles = true;
    if (/(^|\.)audio_patchify_proj\./.test(name)) hasSound = true;
  }
  if (convOut === undefined || !hasBlocks) return undefined;
  if (unshuffles || convOut[1] === 2048) return hasTimeEmbedder && !hasSound ? '0.9.5' : '2.0';
  return hasTimeEmbedder ? '0.9.1' : '0.9.0';
}

/** Flat index to the place of the block in diffusers; a bare number or `N.rest` is a block of the same list. */
function flatBlocks(list: string, places: readonly string[]): RenameRule[] {
  return places.map((place, index) => ({ from: `${list}.${index}`, to: /^\d/.test(place) ? `${list}.${place}` : place }));
}
