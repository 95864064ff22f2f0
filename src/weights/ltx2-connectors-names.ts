import type { RenameRules } from './parameters';

/**
 * Names of the text connectors in the official single-file LTX-2 checkpoints (2.0 and 2.3) and how they become those of diffusers. The
 * projection of the text lies beside the transformer, the rest under its prefix: so names are read whole, and what belongs to other
 * models is left out.
 */
export const LTX2_CONNECTORS_NAMES: RenameRules = {
  prefixes: [''],
  drop: ['model.', 'diffusion_model.', 'vae.', 'audio_vae.', 'vocoder.', 'text_encoders.', 'transformer_blocks.'],
  rules: [
    ...['model.diffusion_model.', 'diffusion_model.', ''].flatMap((prefix) => [
      { from: `${prefix}video_embeddings_connector`, to: 'video_connector' },
      { from: `${prefix}audio_embeddings_connector`, to: 'audio_connector' },
    ]),
    { from: 'text_embedding_projection.aggregate_embed', to: 'text_proj_in' },
    { from: 'text_embedding_projection.video_aggregate_embed', to: 'video_text_proj_in' },
    { from: 'text_embedding_projection.audio_aggregate_embed', to: 'audio_text_proj_in' },
    { from: 'transformer_1d_blocks', to: 'transformer_blocks' },
    { from: 'q_norm', to: 'norm_q' },
    { from: 'k_norm', to: 'norm_k' },
  ],
};
