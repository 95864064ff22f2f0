import { requireAgreement } from '../original-metadata';
import type { TensorShapes } from '../tensor-shapes';
import { vaeConfigOfTensors } from './config-from-tensors';
import { vaeConfigOfOriginal } from './original-config';
import type { LtxVaeConfig, VaeGeneration } from './vae-config';

/** Fields that tensors tell as well. */
const FIELDS = [
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
  'upsample_type',
  'upsample_factor',
  'timestep_conditioning',
  'patch_size',
] as const;

/**
 * The VAE's configuration: what the checkpoint says, checked against its tensors, else what the tensors tell.
 * @param original the `vae` of its metadata
 * @throws AiprodError `bad-weights` when the two contradict each other, `unsupported-model` when neither tells enough.
 */
export function vaeConfigOf(tensors: TensorShapes, original: unknown, generation: VaeGeneration = 'ltx-video'): LtxVaeConfig {
  const derived = vaeConfigOfTensors(tensors, generation);
  if (original === undefined || original === null) return derived;
  const config = vaeConfigOfOriginal(original, `${tensors.name} metadata`, generation);
  requireAgreement(tensors.name, FIELDS, config, derived);
  return config;
}
