import { AiprodError } from '../../errors';
import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';
import { parseLtxTransformerConfig, type LtxTransformerConfig } from './transformer-config';

/** Heads of all released LTX-Video transformers; a head is 64 channels wide in 2B models and 128 in 13B models. */
const RELEASED_HEADS = 32;
const RELEASED_HEAD_DIMS = [64, 128];

/**
 * The configuration of a transformer, from its tensors alone. All but the number of heads can be seen: a width of 32 x 64 or
 * 32 x 128 has 32 heads as the released models have, another one heads of 64 channels.
 *
 * @param heads number of heads, where it is known
 * @throws AiprodError `unsupported-model` when tensors are missing, or the heads cannot be told.
 */
export function transformerConfigOfTensors(tensors: TensorShapes, heads?: number): LtxTransformerConfig {
  const shapeOf = shapeReader(tensors);
  const has = (name: string): boolean => tensors.shapes.has(name);
  const [width, inChannels] = shapeOf('proj_in.weight', 2);
  const released = RELEASED_HEAD_DIMS.find((size) => size * RELEASED_HEADS === width);
  const headDim = heads === undefined ? (released ?? RELEASED_HEAD_DIMS[0]) : width / heads;
  if (width % headDim !== 0 || !Number.isInteger(headDim)) {
    throw new AiprodError('unsupported-model', 'how many heads the transformer has cannot be told from its tensors', {
      where: tensors.name,
      expected: `a width that divides by ${heads === undefined ? `${headDim}, or a config in the metadata of the file` : `${heads} heads`}`,
      found: `${width} channels`,
      hint: 'Use the checkpoint with its metadata, or a folder with config.json',
    });
  }
  const block = 'transformer_blocks.0';
  return parseLtxTransformerConfig(
    {
      in_channels: inChannels,
      out_channels: shapeOf('proj_out.weight', 2)[0],
      num_attention_heads: width / headDim,
      attention_head_dim: headDim,
      cross_attention_dim: width,
      num_layers: countOf(tensors.shapes.keys(), 'transformer_blocks'),
      // A gated activation has both halves in one projection.
      activation_fn: shapeOf(`${block}.ff.net.0.proj.weight`, 2)[0] === 8 * width ? 'geglu' : 'gelu-approximate',
      norm_elementwise_affine: has(`${block}.norm1.weight`),
      caption_channels: shapeOf('caption_projection.linear_1.weight', 2)[1],
      attention_bias: has(`${block}.attn1.to_q.bias`),
      attention_out_bias: has(`${block}.attn1.to_out.0.bias`),
    },
    tensors.name,
  );
}
