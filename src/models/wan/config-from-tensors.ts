import { AiprodError } from '../../errors';
import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';
import { parseWanTransformerConfig, type WanTransformerConfig } from './transformer-config';
import { parseWanVaeConfig, type WanVaeConfig } from './vae-config';

/** Channels of a head in all released models. */
const headChannels = 128;

/**
 * The configuration of a transformer from its tensors, by their names as diffusers has them. All but the number of heads can be seen.
 * @param heads number of heads, where it is known; else heads have 128 channels, as released
 * @throws AiprodError `unsupported-model` when tensors are missing, or the heads cannot be told
 */
export function wanTransformerConfigOf(tensors: TensorShapes, heads?: number): WanTransformerConfig {
  const shapeOf = shapeReader(tensors);
  const [width, inChannels, ...patch] = shapeOf('patch_embedding.weight', 5);
  const count = heads ?? width / headChannels;
  if (!Number.isInteger(count) || width % count !== 0) {
    throw new AiprodError('unsupported-model', 'how many heads the transformer has cannot be told from its tensors', {
      where: tensors.name,
      expected: `a width that divides by ${headChannels}, or a config.json beside the file`,
      found: `${width} channels`,
    });
  }
  const readsImages = tensors.shapes.has('condition_embedder.image_embedder.norm1.weight');
  const patchSize = patch.reduce((product, size) => product * size, 1);
  return parseWanTransformerConfig(
    {
      patch_size: patch,
      num_attention_heads: count,
      attention_head_dim: width / count,
      in_channels: inChannels,
      out_channels: shapeOf('proj_out.weight', 2)[0] / patchSize,
      text_dim: shapeOf('condition_embedder.text_embedder.linear_1.weight', 2)[1],
      freq_dim: shapeOf('condition_embedder.time_embedder.linear_1.weight', 2)[1],
      ffn_dim: shapeOf('blocks.0.ffn.net.0.proj.weight', 2)[0],
      num_layers: countOf(tensors.shapes.keys(), 'blocks'),
      cross_attn_norm: tensors.shapes.has('blocks.0.norm2.weight'),
      ...(readsImages ? { image_dim: shapeOf('condition_embedder.image_embedder.norm1.weight', 1)[0], added_kv_proj_dim: width } : {}),
    },
    tensors.name,
  );
}

/** The configuration of a VAE from its tensors: its widths; all else, the statistics of its latents among it, is as released. */
export function wanVaeConfigOf(tensors: TensorShapes): WanVaeConfig {
  const shapeOf = shapeReader(tensors);
  return parseWanVaeConfig(
    { base_dim: shapeOf('encoder.conv_in.weight', 5)[0], z_dim: shapeOf('post_quant_conv.weight', 5)[0] },
    tensors.name,
  );
}
