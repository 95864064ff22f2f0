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
  'ltx2_vae',
  'ltx2_vae_causal_decode',
  'ltx2_upsampler',
  'ltx2_transformer_20',
  'ltx2_transformer_20_isolated',
  'ltx2_transformer_23',
  'ltx2_transformer_23_stg',
  'ltx2_transformer_interleaved',
  'ltx2_audio_vae',
  'ltx2_vocoder',
  'ltx2_vocoder_bwe',
  't5_encoder',
  't5_encoder_nomask',
  'umt5_encoder',
  'umt5_encoder_nomask',
  'gemma3_text',
  'ltx2_connectors_20',
  'ltx2_connectors_23',
  'ltx2_duration_head',
  'wan_transformer',
  'wan_transformer_i2v',
  'wan_vae',
  'wan_vae_one_frame',
] as const;

/** The reference cases about adapters, each output several times. */
export const adapterCases = ['lora_alpha', 'lora_diffusers'] as const;

/** The reference cases about names in checkpoints, which need no graph. */
export const nameCases = [
  'ltx_transformer_single_file',
  'ltx2_transformer_single_file',
  'ltx_vae_090_single_file',
  'ltx_vae_091_single_file',
  'ltx_vae_095_single_file',
  'ltx2_vae_single_file',
  'ltx2_audio_vae_single_file',
] as const;

/** Cases of our own making (tools/reference-cases): constructor arguments that the reference cases do not try. */
export const argumentCases = [
  'models/transformer_affine_swiglu_no_bias',
  'models/transformer_patch2_geglu',
  'models/transformer_gelu_no_scale',
  'models/transformer_one_head',
  'models/vae_causality_swapped',
  'models/vae_noise_and_timestep',
  'models/wan_vae_halves',
  'models/vae_tiles_in_space_and_time',
  'models/upsampler_of_single_frames',
  'models/upsampler_space_and_time',
  'models/t5_relu',
  'models/t5_gated_silu',
  'models/clip_vision',
] as const;
