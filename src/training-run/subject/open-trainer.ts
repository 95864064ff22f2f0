import type { GpuContext } from '../../gpu';
import type { Graph, MemoryLimit, Tensor, Tracer } from '../../graph';
import { givesTokens, meanSquaredError, Trainer, trainingNames, type TrainerOptions } from '../../training';
import type { TrainingConfig } from '../config';
import { optimizerConfig, trainingStrategy, weightAverage } from '../config/to-training';
import type { TrainingSubject } from './open-subject';

/** How a subject is trained. */
export function trainerOptions(
  { part, frozen, dtype, storage }: TrainingSubject,
  { training_strategy, optimization, acceleration, seed }: TrainingConfig,
  { capabilities }: Pick<GpuContext, 'capabilities'>,
): TrainerOptions {
  const bytes = acceleration.memory_limit;
  const memory: MemoryLimit | undefined = bytes === undefined ? undefined : { bytes, capabilities };
  const average = weightAverage(optimization);
  return {
    loss: (tracer, output) => flowLoss(tracer, output('sample'), givesTokens(trainingStrategy({ training_strategy }))),
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

/** Mean squared error of the velocity; where tokens are given, each token has a weight. */
function flowLoss(tracer: Tracer, prediction: Tensor, weighted: boolean): Tensor {
  const [batch, tokens] = prediction.shape;
  const target = tracer.input(trainingNames.target, prediction.shape, 'f32');
  return meanSquaredError(prediction, target, weighted ? tracer.input(trainingNames.lossWeight, [batch, tokens, 1], 'f32') : undefined);
}

/** A graph of the subject that says what parameters there are. */
export function parameterGraph(subject: TrainingSubject): Graph {
  return subject.graph({ batch: 1, positions: { frames: 1, height: 1, width: 1 }, textLength: 1, timesteps: 'sample' });
}

/** The trainer of a subject, its weights uploaded. */
export function trainerOf(subject: TrainingSubject, config: TrainingConfig, context: GpuContext): Promise<Trainer> {
  return Trainer.create(parameterGraph(subject), trainerOptions(subject, config, context), context, subject.part.read);
}
