import type { RenameRule, RenameRules } from './parameters';

/**
 * Names of the official checkpoints of Wan 2.1, which ComfyUI's repackaged files and GGUF files keep, and how they become those of
 * diffusers.
 */

/** `from` and `to` of the layers of attention, under `self_attn` and `cross_attn`. */
const ATTENTION = { q: 'to_q', k: 'to_k', v: 'to_v', o: 'to_out.0', k_img: 'add_k_proj', v_img: 'add_v_proj', norm_k_img: 'norm_added_k' };

function attentionRules(from: string, to: string): RenameRule[] {
  return [{ from, to }, ...Object.entries(ATTENTION).map(([layer, name]) => ({ from: `${from}.${layer}`, to: `${to}.${name}` }))];
}

export const WAN_TRANSFORMER_NAMES: RenameRules = {
  prefixes: ['model.diffusion_model.', 'diffusion_model.', ''],
  rules: [
    { from: 'time_embedding.0', to: 'condition_embedder.time_embedder.linear_1' },
    { from: 'time_embedding.2', to: 'condition_embedder.time_embedder.linear_2' },
    { from: 'time_projection.1', to: 'condition_embedder.time_proj' },
    { from: 'text_embedding.0', to: 'condition_embedder.text_embedder.linear_1' },
    { from: 'text_embedding.2', to: 'condition_embedder.text_embedder.linear_2' },
    { from: 'img_emb.proj.0', to: 'condition_embedder.image_embedder.norm1' },
    { from: 'img_emb.proj.1', to: 'condition_embedder.image_embedder.ff.net.0.proj' },
    { from: 'img_emb.proj.3', to: 'condition_embedder.image_embedder.ff.net.2' },
    { from: 'img_emb.proj.4', to: 'condition_embedder.image_embedder.norm2' },
    { from: 'head.modulation', to: 'scale_shift_table' },
    { from: 'head.head', to: 'proj_out' },
    { from: 'modulation', to: 'scale_shift_table' },
    ...attentionRules('self_attn', 'attn1'),
    ...attentionRules('cross_attn', 'attn2'),
    { from: 'ffn.0', to: 'ffn.net.0.proj' },
    { from: 'ffn.2', to: 'ffn.net.2' },
    // The official norm before cross-attention comes third, that of diffusers second.
    { from: 'norm3', to: 'norm2' },
    { from: 'norm2', to: 'norm3' },
  ],
};

/** The decoder's flat list: three residual blocks a level (`num_res_blocks` 2 and one more), and what enlarges behind all levels but the last. */
const UP_BLOCKS = Array.from({ length: 15 }, (_, index) => {
  const [level, place] = [Math.floor(index / 4), index % 4];
  return { from: `upsamples.${index}`, to: `up_blocks.${level}.${place === 3 ? 'upsamplers.0' : `resnets.${place}`}` };
});

export const WAN_VAE_NAMES: RenameRules = {
  prefixes: ['first_stage_model.', ''],
  rules: [
    { from: 'conv1', to: 'quant_conv' },
    { from: 'conv2', to: 'post_quant_conv' },
    ...['encoder', 'decoder'].map((half) => ({ from: `${half}.conv1`, to: `${half}.conv_in` })),
    { from: 'downsamples', to: 'down_blocks' },
    ...UP_BLOCKS,
    { from: 'middle.0', to: 'mid_block.resnets.0' },
    { from: 'middle.1', to: 'mid_block.attentions.0' },
    { from: 'middle.2', to: 'mid_block.resnets.1' },
    { from: 'residual.0', to: 'norm1' },
    { from: 'residual.2', to: 'conv1' },
    { from: 'residual.3', to: 'norm2' },
    { from: 'residual.6', to: 'conv2' },
    { from: 'shortcut', to: 'conv_shortcut' },
    { from: 'head.0', to: 'norm_out' },
    { from: 'head.2', to: 'conv_out' },
  ],
};
