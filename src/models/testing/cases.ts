/** The reference cases that this folder answers by running graphs. */
export const verifiedCases = [
  'ltx_transformer',
  'ltx_transformer_coords',
  'skip_layer_transformer',
  'ltx_vae_090',
  'ltx_vae_091',
  'ltx_vae_095',
  'ltx_vae_095_batch',
  'ltx_vae_095_framewise',
  'ltx_vae_095_tiled',
  'ltx_upsampler_spatial',
  'ltx_upsampler_temporal',
  't5_encoder',
  't5_encoder_nomask',
  'umt5_encoder',
  'umt5_encoder_nomask',
] as const;

/** The reference cases about names in checkpoints, which need no graph. */
export const nameCases = ['ltx_transformer_single_file', 'ltx_vae_090_single_file', 'ltx_vae_091_single_file', 'ltx_vae_095_single_file'] as const;
