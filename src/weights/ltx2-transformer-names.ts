import type { RenameRules } from './parameters';

/**
 * Names of the transformer in the official single-file LTX-2 checkpoints (2.0 and 2.3) and how they become those of diffusers. The
 * connectors of the text lie under the same prefix; they are a model of their own.
 */
export const LTX2_TRANSFORMER_NAMES: RenameRules = {
  prefixes: ['model.diffusion_model.', 'diffusion_model.', ''],
  drop: [
    'vae.',
    'audio_vae.',
    'vocoder.',
    'text_encoders.',
    'text_embedding_projection.',
    'video_embeddings_connector.',
    'audio_embeddings_connector.',
  ],
  rules: [
    { from: 'patchify_proj', to: 'proj_in' },
    { from: 'audio_patchify_proj', to: 'audio_proj_in' },
    { from: 'adaln_single', to: 'time_embed' },
    { from: 'audio_adaln_single', to: 'audio_time_embed' },
    { from: 'prompt_adaln_single', to: 'prompt_adaln' },
    { from: 'audio_prompt_adaln_single', to: 'audio_prompt_adaln' },
    { from: 'av_ca_video_scale_shift_adaln_single', to: 'av_cross_attn_video_scale_shift' },
    { from: 'av_ca_audio_scale_shift_adaln_single', to: 'av_cross_attn_audio_scale_shift' },
    { from: 'av_ca_a2v_gate_adaln_single', to: 'av_cross_attn_video_a2v_gate' },
    { from: 'av_ca_v2a_gate_adaln_single', to: 'av_cross_attn_audio_v2a_gate' },
    { from: 'scale_shift_table_a2v_ca_video', to: 'video_a2v_cross_attn_scale_shift_table' },
    { from: 'scale_shift_table_a2v_ca_audio', to: 'audio_a2v_cross_attn_scale_shift_table' },
    { from: 'q_norm', to: 'norm_q' },
    { from: 'k_norm', to: 'norm_k' },
  ],
};
