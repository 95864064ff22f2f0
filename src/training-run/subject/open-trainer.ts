import type { GpuContext } from '../../gpu';
import type { MemoryLimit } from '../../graph';
import { Trainer, type TrainerOptions } from '../../training';
import type { TrainingConfig } from '../config';
import { optimizerConfig, weightAverage } from '../config/to-training';
import type { TrainingSubject } from './training-subject';

/** How a subject is trained. */
export function trainerOptions(
  { part, frozen, dtype, storage, loss }: TrainingSubject,
  { optimization, acceleration, seed }: TrainingConfig,
  { capabilities }: Pick<GpuContext, 'capabilities'>,
): TrainerOptions {
  const bytes = acceleration.memory_limit;
  const memory: MemoryLimit | undefined = bytes === undefined ? undefined : { bytes, capabilities };
  const average = weightAverage(optimization);
  return {
    loss,
    trainable: [...part.shapes.keys()],
    optimizer: optimizerConfig(optimization),
    frozen,
    divergence: {},
    ...(optimization.max_grad_norm === 0 ? {} : { clip: optimization.max_grad_norm }),
    ...(average === undefined ? {} : { average }),
    ...(memory === undefined ? {} : { memory }),
    ...(dtype === 'f16' ? { lossScaling: {} } : {}),
    ...(storage === undefined ? {} : { storage, seed }),
  };
}

/** The trainer of a subject, its weights uploaded. */
export function trainerOf(subject: TrainingSubject, config: TrainingConfig, context: GpuContext): Promise<Trainer> {
  return Trainer.create(subject.parameterGraph, trainerOptions(subject, config, context), context, subject.part.read);
}
