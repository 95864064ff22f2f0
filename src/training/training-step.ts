import { AiprodError } from '../errors';
import {
  gradientName,
  recomputeWithin,
  removeDeadCode,
  requiredGradients,
  reshape,
  Tracer,
  type Graph,
  type MemoryLimit,
  type Tensor,
} from '../graph';
import { traceAdamW, type AdamWOptions } from './adamw';
import { clipFactor, globalNorm } from './clipping';
import { meanSquaredError } from './losses';

/** Names of what {@link trainingStepGraph} adds to a model's graph. */
export const trainingNames = {
  /** Input of the prediction's shape, f32. */
  target: 'target',
  /** Input, when asked for: the weight of each element's error. */
  lossWeight: 'loss_weight',
  loss: 'loss',
  /** Norm of all gradients, before clipping. */
  gradientNorm: 'gradient_norm',
  /** Output, when asked for. */
  gradient: gradientName,
} as const;

export interface TrainingStepOptions {
  /** The model's output that is compared with the target; f32. */
  readonly prediction: string;
  /** Parameters to train, by name; all others stay as they are. */
  readonly trainable: readonly string[];
  readonly optimizer: AdamWOptions;
  /** The most that the norm of all gradients together may be. */
  readonly clip?: number;
  /** Bytes that a step may take on a device: what does not fit of the forward half is computed again for the backward half. */
  readonly memory?: MemoryLimit;
  /** Shape of `loss_weight`, which broadcasts to the prediction's; absent: every element counts the same. */
  readonly lossWeight?: readonly number[];
  /** What a run returns beside the loss (and the norm where there is a clip): for checks, since it all leaves the device. */
  readonly returns?: { readonly prediction?: boolean; readonly gradients?: boolean };
}

/**
 * One training step as a graph: forward, loss, backward, clipping, AdamW. Weights and optimiser state are updated where they lie;
 * only the loss (and the norm) come back.
 *
 * @param model a model's graph before fusion
 * @throws AiprodError 'bad-input' when a parameter is not one of the model's, or the loss does not depend on it.
 */
export function trainingStepGraph(model: Graph, options: TrainingStepOptions): Graph {
  const { trainable, clip, optimizer, lossWeight, returns = {} } = options;
  const tracer = Tracer.extending({ ...model, outputs: new Map() });
  const prediction = tracer.value(outputNamed(model, options.prediction));
  const target = tracer.input(trainingNames.target, prediction.shape, 'f32');
  const weight = lossWeight === undefined ? undefined : tracer.input(trainingNames.lossWeight, lossWeight, 'f32');
  const loss = reshape(meanSquaredError(prediction, target, weight), [1]);
  const values = trainableValues(tracer, trainable);
  const gradients = tracer.scope('backward', () => requiredGradients(loss, values, trainable));
  tracer.output(trainingNames.loss, loss);
  tracer.scope('optimizer', () => {
    const norm = clip === undefined ? undefined : globalNorm(gradients);
    if (norm !== undefined) tracer.output(trainingNames.gradientNorm, norm);
    const factor = norm === undefined || clip === undefined ? undefined : clipFactor(norm, clip);
    const parameters = trainable.map((name, k) => ({ name, value: values[k], gradient: gradients[k] }));
    traceAdamW(tracer, parameters, optimizer, factor);
    if (returns.gradients === true) trainable.forEach((name, k) => tracer.output(trainingNames.gradient(name), gradients[k]));
  });
  if (returns.prediction === true) tracer.output(options.prediction, prediction);
  const whole = tracer.finish();
  return removeDeadCode(options.memory === undefined ? whole : recomputeWithin(whole, loss.id, options.memory));
}

function outputNamed({ outputs }: Graph, name: string): number {
  const id = outputs.get(name);
  if (id !== undefined) return id;
  throw new AiprodError('bad-input', `the model has no output ${name}`, { expected: [...outputs.keys()].join(', ') });
}

/** The values of parameters by name. */
function trainableValues(tracer: Tracer, names: readonly string[]): Tensor[] {
  const known = tracer.parameterValues();
  if (names.length === 0) throw new AiprodError('bad-input', 'there is nothing to train', { expected: 'names of parameters' });
  return names.map((name) => {
    const found = known.filter(({ spec }) => spec.name === name);
    if (found.length === 1) return found[0].value;
    throw new AiprodError('bad-input', `the parameter ${name} cannot be trained`, {
      expected: 'a parameter that the model reads in one type and order',
      found: found.length === 0 ? 'none of that name' : `${found.length} readings`,
    });
  });
}
