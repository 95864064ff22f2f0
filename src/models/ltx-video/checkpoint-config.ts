import { requireAgreement } from '../original-metadata';
import type { TensorShapes } from '../tensor-shapes';
import { transformerConfigOfTensors } from './config-from-tensors';
import { transformerConfigOfOriginal } from './original-config';
import type { LtxTransformerConfig } from './transformer-config';

/** Fields that tensors tell as well. */
const FIELDS = ['in_channels', 'out_channels', 'cross_attention_dim', 'num_layers', 'caption_channels', 'attention_bias'] as const;

/**
 * The transformer's configuration: what the checkpoint says, checked against its tensors, else what the tensors tell.
 * @param original the `transformer` of its metadata
 * @throws AiprodError `bad-weights` when the two contradict each other, `unsupported-model` when neither tells enough.
 */
export function transformerConfigOf(tensors: TensorShapes, original: unknown): LtxTransformerConfig {
  if (original === undefined || original === null) return transformerConfigOfTensors(tensors);
  const config = transformerConfigOfOriginal(original, `${tensors.name} metadata`);
  requireAgreement(tensors.name, FIELDS, config, transformerConfigOfTensors(tensors, config.num_attention_heads));
  return config;
}
