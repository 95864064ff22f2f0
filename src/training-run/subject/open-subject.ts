import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import type { VideoModel } from '../../pipelines';
import type { TrainingConfig } from '../config';
import type { TrainingSubject } from './training-subject';
import { transformerSubject, type SubjectStorage } from './transformer-subject';
import { vaeSubject } from './vae-subject';

/** What a configuration trains of a model. @throws AiprodError 'unsupported-model' for what is not trained; 'bad-input' for settings that the model does not have. */
export async function openSubject(
  model: VideoModel,
  config: TrainingConfig,
  context: Pick<GpuContext, 'capabilities' | 'gpu'>,
): Promise<TrainingSubject> {
  const storage = storageOf(config, context);
  return config.model.training_mode === 'vae' ? vaeSubject(model, config, storage) : transformerSubject(model, config, storage);
}

function storageOf(
  { model, acceleration: { mixed_precision_mode: precision } }: TrainingConfig,
  { capabilities, gpu }: Pick<GpuContext, 'capabilities' | 'gpu'>,
): SubjectStorage {
  // Latents of wide videos leave the range of halves.
  const halves = precision === 'auto' && capabilities.f16 && model.training_mode !== 'vae';
  const dtype = precision === 'fp16' || halves ? 'f16' : 'f32';
  if (dtype === 'f16' && !capabilities.f16) {
    throw new AiprodError('missing-feature', 'this adapter cannot compute in f16', {
      expected: 'the shader-f16 feature',
      found: gpu.adapter.description,
      hint: 'Set acceleration.mixed_precision_mode to no or auto',
    });
  }
  return { dtype, ...(precision === 'bf16' ? { storage: 'bf16' } : {}) };
}
