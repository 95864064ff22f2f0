import { z } from 'zod';
import { AiprodError } from '../../errors';
import { oneOf, parseModelConfig, positiveInteger } from '../model-config';
import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';

/** `transformers.CLIPVisionConfig`; sizes default to those of ViT-H/14, which Wan 2.1 reads images with. */
const clipVisionConfigSchema = z.object({
  hidden_size: positiveInteger.default(1280),
  intermediate_size: positiveInteger.default(5120),
  num_hidden_layers: positiveInteger.default(32),
  num_attention_heads: positiveInteger.default(16),
  /** Pixels a side. */
  image_size: positiveInteger.default(224),
  patch_size: positiveInteger.default(14),
  hidden_act: oneOf(['gelu', 'quick_gelu']).default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  /**
   * Whether tensors lie as in Wan's official checkpoint: queries, keys and values in one matrix, embeddings with axes of 1 before them.
   * No field of transformers.
   */
  fused: z.boolean().default(false),
});

export type ClipVisionConfig = z.output<typeof clipVisionConfigSchema>;

/** Validates the configuration of a CLIP image encoder. @throws AiprodError `unsupported-model` that names every field that cannot be built */
export function parseClipVisionConfig(value: unknown, where: string): ClipVisionConfig {
  const config = parseModelConfig(clipVisionConfigSchema, value, where);
  if (config.hidden_size % config.num_attention_heads === 0 && config.image_size % config.patch_size === 0) return config;
  throw new AiprodError('unsupported-model', 'this configuration cannot be built: heads and patches must divide evenly', {
    where,
    expected: 'hidden_size divisible by num_attention_heads, image_size by patch_size',
    found: JSON.stringify(config),
  });
}

/** Channels of a head of ViT-H/14: tensors do not tell it. */
const headChannels = 80;

/** The configuration of an encoder from its tensors, by their names as transformers has them. @throws AiprodError `unsupported-model` */
export function clipVisionConfigOfTensors(tensors: TensorShapes): ClipVisionConfig {
  const shapeOf = shapeReader(tensors);
  const [hidden, , patch] = shapeOf('embeddings.patch_embedding.weight', 4);
  const fused = tensors.shapes.has('encoder.layers.0.self_attn.to_qkv.weight');
  const [positions] = shapeOf('embeddings.position_embedding.weight', fused ? 3 : 2).slice(fused ? 1 : 0);
  return parseClipVisionConfig(
    {
      hidden_size: hidden,
      intermediate_size: shapeOf('encoder.layers.0.mlp.fc1.weight', 2)[0],
      num_hidden_layers: countOf(tensors.shapes.keys(), 'encoder.layers'),
      num_attention_heads: hidden / headChannels,
      image_size: Math.round(Math.sqrt(positions - 1)) * patch,
      patch_size: patch,
      fused,
    },
    tensors.name,
  );
}

/** Tokens of an image: its patches, and one for the whole. */
export function clipVisionTokens({ image_size, patch_size }: ClipVisionConfig): number {
  return (image_size / patch_size) ** 2 + 1;
}
