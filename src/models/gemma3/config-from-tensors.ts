import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';
import { parseGemma3Config, type Gemma3Config } from './config';

/**
 * The configuration of a Gemma 3 text model from its tensors alone, by their names as `Gemma3TextModel` has them. What leaves no trace is
 * as in the released models: the one of 26 layers (1B) sees 512 keys in sliding layers and does not stretch positions, that of 62 (27B)
 * scales scores by what a head would have of the width.
 *
 * @throws AiprodError `unsupported-model` when tensors are missing.
 */
export function gemma3ConfigOfTensors(tensors: TensorShapes): Gemma3Config {
  const shapeOf = shapeReader(tensors);
  const [vocabulary, width] = shapeOf('embed_tokens.weight', 2);
  const [head] = shapeOf('layers.0.self_attn.q_norm.weight', 1);
  const heads = shapeOf('layers.0.self_attn.q_proj.weight', 2)[0] / head;
  const layers = countOf(tensors.shapes.keys(), 'layers');
  return parseGemma3Config(
    {
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: shapeOf('layers.0.mlp.gate_proj.weight', 2)[0],
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: shapeOf('layers.0.self_attn.k_proj.weight', 2)[0] / head,
      head_dim: head,
      attention_bias: tensors.shapes.has('layers.0.self_attn.q_proj.bias'),
      query_pre_attn_scalar: layers === 62 ? width / heads : 256,
      sliding_window: layers === 26 ? 512 : 1024,
      ...(layers === 26 ? {} : { rope_scaling: { rope_type: 'linear', factor: 8 } }),
    },
    tensors.name,
  );
}
