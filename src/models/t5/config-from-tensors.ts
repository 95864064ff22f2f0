import { AiprodError } from '../../errors';
import { parseTextEncoderConfig, type TextEncoderConfig } from './config';

const FIRST = 'encoder.block.0.layer';

/**
 * The configuration of a T5 or UMT5 encoder from its tensors alone, by their names as transformers has them. What leaves no trace is as
 * in T5 1.1: distances count up to 128, and a gated feed-forward layer uses GELU, one without a gate ReLU.
 *
 * @throws AiprodError `unsupported-model` when tensors are missing.
 */
export function textEncoderConfigOfTensors(name: string, shapes: ReadonlyMap<string, readonly number[]>): TextEncoderConfig {
  const shapeOf = (tensor: string): readonly number[] => {
    const shape = shapes.get(tensor);
    if (shape?.length === 2) return shape;
    throw new AiprodError('unsupported-model', `the configuration of the text encoder cannot be told: ${tensor} is needed`, {
      where: name,
      expected: 'the encoder of a T5 model',
      found: shape === undefined ? 'no such tensor' : `[${shape.join(', ')}]`,
      hint: 'Check that the file is a T5 encoder, or put its config.json beside it',
    });
  };
  const [vocabulary, width] = shapeOf('shared.weight');
  const [buckets, heads] = shapeOf(`${FIRST}.0.SelfAttention.relative_attention_bias.weight`);
  const gated = shapes.has(`${FIRST}.1.DenseReluDense.wi_0.weight`);
  let layers = 0;
  while (shapes.has(`encoder.block.${layers}.layer.0.SelfAttention.q.weight`)) layers++;
  return parseTextEncoderConfig(
    {
      // Every block of UMT5 has a position bias of its own.
      model_type: shapes.has('encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight') ? 'umt5' : 't5',
      vocab_size: vocabulary,
      d_model: width,
      num_heads: heads,
      d_kv: shapeOf(`${FIRST}.0.SelfAttention.q.weight`)[0] / heads,
      d_ff: shapeOf(`${FIRST}.1.DenseReluDense.${gated ? 'wi_0' : 'wi'}.weight`)[0],
      num_layers: layers,
      relative_attention_num_buckets: buckets,
      feed_forward_proj: gated ? 'gated-gelu' : 'relu',
    },
    name,
  );
}
