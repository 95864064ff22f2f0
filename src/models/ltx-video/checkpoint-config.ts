import { z } from 'zod';
import { AiprodError } from '../../errors';
import { transformerConfigOfTensors, vaeConfigOfTensors, type TensorShapes } from './config-from-tensors';
import { transformerConfigOfOriginal, vaeConfigOfOriginal } from './original-config';
import type { LtxTransformerConfig } from './transformer-config';
import type { LtxVaeConfig } from './vae-config';

/** What an original checkpoint says of itself in the metadata of its file, under `config`. */
const metadataSchema = z.object({
  transformer: z.record(z.string(), z.unknown()).nullish(),
  vae: z.record(z.string(), z.unknown()).nullish(),
  scheduler: z.record(z.string(), z.unknown()).nullish(),
  /** Distilled models: the noise levels they were trained for, 1 to above 0. */
  allowed_inference_steps: z.array(z.number().gt(0).max(1)).min(1).max(1000).nullish(),
});
export type OriginalMetadata = z.output<typeof metadataSchema>;

/**
 * Reads `config` of a checkpoint's metadata; empty when there is none.
 * @throws AiprodError `bad-weights` when it is no JSON or malformed.
 */
export function parseOriginalMetadata(metadata: ReadonlyMap<string, string>, where: string): OriginalMetadata {
  const text = metadata.get('config');
  if (text === undefined) return {};
  let found: string;
  try {
    const parsed = metadataSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    found = `${issue.path.map(String).join('.')}: ${issue.message}`;
  } catch (cause) {
    found = cause instanceof Error ? cause.message : String(cause);
  }
  throw new AiprodError('bad-weights', 'the config in the metadata of the file is malformed', {
    where,
    expected: 'JSON with transformer, vae and scheduler',
    found: found.slice(0, 200),
    hint: 'Download the file again',
  });
}

/** Fields that tensors tell as well. */
const TRANSFORMER_FIELDS = [
  'in_channels',
  'out_channels',
  'cross_attention_dim',
  'num_layers',
  'caption_channels',
  'attention_bias',
] as const;
const VAE_FIELDS = [
  'in_channels',
  'out_channels',
  'latent_channels',
  'block_out_channels',
  'decoder_block_out_channels',
  'layers_per_block',
  'decoder_layers_per_block',
  'spatio_temporal_scaling',
  'decoder_spatio_temporal_scaling',
  'decoder_inject_noise',
  'upsample_factor',
  'timestep_conditioning',
  'patch_size',
] as const;

/**
 * The transformer's configuration: what the checkpoint says, checked against its tensors, else what the tensors tell.
 * @param original the `transformer` of its metadata
 * @throws AiprodError `bad-weights` when the two contradict each other, `unsupported-model` when neither tells enough.
 */
export function transformerConfigOf(tensors: TensorShapes, original: unknown): LtxTransformerConfig {
  if (original === undefined || original === null) return transformerConfigOfTensors(tensors);
  const config = transformerConfigOfOriginal(original, `${tensors.name} metadata`);
  requireAgreement(tensors.name, TRANSFORMER_FIELDS, config, transformerConfigOfTensors(tensors, config.num_attention_heads));
  return config;
}

/** The VAE's configuration, found as {@link transformerConfigOf} finds the transformer's. */
export function vaeConfigOf(tensors: TensorShapes, original: unknown): LtxVaeConfig {
  const derived = vaeConfigOfTensors(tensors);
  if (original === undefined || original === null) return derived;
  const config = vaeConfigOfOriginal(original, `${tensors.name} metadata`);
  requireAgreement(tensors.name, VAE_FIELDS, config, derived);
  return config;
}

function requireAgreement<Config extends object>(
  where: string,
  fields: readonly (keyof Config & string)[],
  stated: Config,
  seen: Config,
): void {
  const differing = fields.filter((field) => JSON.stringify(stated[field]) !== JSON.stringify(seen[field]));
  if (differing.length === 0) return;
  const list = (config: Config): string => differing.map((field) => `${field} = ${JSON.stringify(config[field])}`).join('; ');
  throw new AiprodError('bad-weights', 'the metadata of the file contradicts its tensors', {
    where,
    expected: `as the metadata says: ${list(stated)}`,
    found: list(seen),
    hint: 'Use the file as it was released',
  });
}
