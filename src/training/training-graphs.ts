import { AiprodError } from '../errors';
import {
  add,
  cast,
  gatherRows,
  multiply,
  recomputeWithin,
  removeDeadCode,
  requiredGradients,
  reshape,
  roundBf16,
  roundedEncoding,
  subtract,
  Tracer,
  where,
  type Graph,
  type MemoryLimit,
  type ParameterSpec,
  type Tensor,
} from '../graph';
import { globalNorm } from './clipping';
import { meanSquaredError } from './losses';
import { optimizerOf, type OptimizerConfig, type UpdatedParameter } from './optimizer';
import { weightAverageNames } from './weight-average';

/** Names of what training adds to a model's graph. */
export const trainingNames = {
  /** Input of the prediction's shape, f32. */
  target: 'target',
  /** Input, when asked for: the weight of each element's error. */
  lossWeight: 'loss_weight',
  /** Input [1], f32: what the loss is multiplied by, the batch's share of all that are summed times the loss scale. */
  share: 'loss_share',
  /** Input [1], f32, where gradients are summed: 1 for the first batch, which replaces what was there, else 0. */
  first: 'first_batch',
  /** Output [1]: the loss, not multiplied. */
  loss: 'loss',
  /** Output [1]: norm of all gradients summed so far, multiplied as the loss is. */
  gradientNorm: 'gradient_norm',
  /** Parameter, f32, of the trained parameter's shape: its gradient, summed over batches. */
  gradient: (parameter: string): string => `gradient.${parameter}`,
  /** Input [1], f32: what all gradients are multiplied by before the optimiser sees them. */
  factor: 'gradient_factor',
  /** Input [2], u32: seed of a step's rounding, low word first; where weights are kept in bfloat16. */
  roundingSeed: 'rounding_seed',
  /** State, f32: the weight itself where the graph reads it in another type; before the first step that weight. */
  master: (parameter: string): string => `master.${parameter}`,
} as const;

/** What is minimised. */
export type LossOptions =
  | {
      /** The model's output that is compared with the target; f32. Mean squared error. */
      readonly prediction: string;
      /** Shape of `loss_weight`, which broadcasts to the prediction's; absent: every element counts the same. */
      readonly lossWeight?: readonly number[];
    }
  /** Traces a loss of one element, f32, from the model's outputs, and may add inputs of its own. */
  | { readonly loss: (tracer: Tracer, output: (name: string) => Tensor) => Tensor };

export type GradientGraphOptions = LossOptions & {
  /** Parameters to train, by name; all others stay as they are. */
  readonly trainable: readonly string[];
  /** Bytes that a pass may take on a device: what does not fit of the forward half is computed again for the backward half. */
  readonly memory?: MemoryLimit;
  /** Outputs of the model to return as well: for checks, since they leave the device. */
  readonly returns?: readonly string[];
};

/**
 * Forward, loss and backward as a graph: gradients stay on the device, in parameters named `trainingNames.gradient`; the loss and the
 * norm come back.
 * @param model a model's graph before fusion
 * @param summed whether gradients of several batches are summed before a step; else each batch's replace those before
 * @throws AiprodError 'bad-input' when a parameter is not one of the model's, or the loss does not depend on it.
 */
export function gradientGraph(model: Graph, options: GradientGraphOptions, summed = false): Graph {
  const { trainable, memory, returns = [] } = options;
  const tracer = Tracer.extending({ ...model, outputs: new Map() });
  const output = (name: string): Tensor => tracer.value(outputNamed(model, name));
  const parameters = trainableParameters(tracer, trainable);
  // What is written must be declared before what writes it.
  const sums = parameters.map(({ spec }) => declareGradient(tracer, spec));
  const loss = reshape(traceLoss(tracer, output, options), [1]);
  tracer.output(trainingNames.loss, loss);
  const shared = multiply(loss, tracer.input(trainingNames.share, [1], 'f32'));
  const values = parameters.map(({ value }) => value);
  const gradients = tracer.scope('backward', () => requiredGradients(shared, values, trainable));
  const first = summed ? tracer.input(trainingNames.first, [1], 'f32') : undefined;
  const totals = gradients.map((gradient, k) => {
    const total = first === undefined ? gradient : where(first, gradient, add(sums[k], gradient));
    tracer.update(sums[k], total);
    return total;
  });
  tracer.scope('gradients', () => tracer.output(trainingNames.gradientNorm, globalNorm(totals)));
  for (const name of returns) tracer.output(name, output(name));
  const whole = tracer.finish();
  return removeDeadCode(memory === undefined ? whole : recomputeWithin(whole, shared.id, memory));
}

function traceLoss(tracer: Tracer, output: (name: string) => Tensor, options: LossOptions): Tensor {
  if ('loss' in options) return options.loss(tracer, output);
  const prediction = output(options.prediction);
  const target = tracer.input(trainingNames.target, prediction.shape, 'f32');
  const { lossWeight } = options;
  const weight = lossWeight === undefined ? undefined : tracer.input(trainingNames.lossWeight, lossWeight, 'f32');
  return meanSquaredError(prediction, target, weight);
}

export interface UpdateGraphOptions {
  readonly trainable: readonly string[];
  readonly optimizer: OptimizerConfig;
  /** Whether an average of the trained weights is kept, see `averageDecay`. */
  readonly averaged?: boolean;
  /** Parameters that are kept in bfloat16 and rounded at random; matrices in the order of their file. */
  readonly rounded?: ReadonlySet<string>;
}

/**
 * A step of the optimiser as a graph: it reads the gradients that {@link gradientGraph} left, and updates weights and state where they lie.
 * @param model any graph of the model: only its parameters matter
 */
export function updateGraph(
  model: Graph,
  { trainable, optimizer: config, averaged = false, rounded = new Set() }: UpdateGraphOptions,
): Graph {
  const known = trainableParameters(Tracer.extending({ ...model, outputs: new Map() }), trainable);
  const optimizer = optimizerOf(config);
  const tracer = new Tracer({ dtype: 'f32' });
  const scalars = new Map<string, Tensor>();
  const scalar = (name: string): Tensor => {
    const value = scalars.get(name) ?? tracer.input(name, [1], 'f32');
    scalars.set(name, value);
    return value;
  };
  let seed: Tensor | undefined;
  const roundingSeed = (): Tensor => (seed ??= tracer.input(trainingNames.roundingSeed, [2], 'u32'));
  /** Values that are rounded, so far. */
  const rounding: number[] = [];
  for (const {
    spec,
    value: { dtype },
  } of known) {
    const { name, storedShape, permute } = spec;
    const value = tracer.parameter(name, storedShape, { dtype, ...(permute === undefined ? {} : { permute }) });
    const gradient = declareGradient(tracer, spec);
    const isRounded = rounded.has(name);
    const weight = isRounded ? decoded(value) : dtype === 'f32' ? value : tracer.input(trainingNames.master(name), value.shape, 'f32');
    const parameter: UpdatedParameter = {
      tracer,
      name,
      spec,
      weight,
      gradient: () => multiply(gradient, scalar(trainingNames.factor)),
      state: (kind, shape, stateType = 'f32') => tracer.input(`${kind}.${name}`, shape, stateType),
      keep: (state, next) => tracer.update(state, next),
      scalar,
    };
    const updated = tracer.scope(name, () => optimizer.update(parameter));
    if (isRounded) tracer.update(value, roundBf16(updated, { seed: roundingSeed(), stream: rounding.length }));
    else tracer.update(weight, updated);
    if (isRounded) rounding.push(value.id);
    else if (weight.id !== value.id) tracer.update(value, cast(updated, dtype));
    if (averaged) {
      const average = tracer.input(weightAverageNames.average(name), value.shape, 'f32');
      tracer.update(average, add(average, multiply(subtract(updated, average), scalar(weightAverageNames.rate))));
    }
  }
  const graph = tracer.finish();
  const stored = new Set(rounding.flatMap((id) => [id, graph.updates.get(id) ?? id]));
  return { ...graph, nodes: graph.nodes.map((node) => (stored.has(node.id) ? { ...node, encoding: roundedEncoding } : node)) };
}

/** The rows of a matrix that is kept encoded. */
function decoded(value: Tensor): Tensor {
  const [rows] = value.shape;
  return gatherRows(
    value,
    value.tracer.constant(
      Int32Array.from({ length: rows }, (_, row) => row),
      [rows],
    ),
  );
}

/** The parameter that holds a gradient, in the order of the trained one. */
function declareGradient(tracer: Tracer, { name, storedShape, permute }: ParameterSpec): Tensor {
  const order = permute === undefined ? {} : { permute };
  return tracer.parameter(trainingNames.gradient(name), storedShape, { dtype: 'f32', ...order });
}

function outputNamed({ outputs }: Graph, name: string): number {
  const id = outputs.get(name);
  if (id !== undefined) return id;
  throw new AiprodError('bad-input', `the model has no output ${name}`, { expected: [...outputs.keys()].join(', ') });
}

/** Parameters by name, as the model reads them. */
function trainableParameters(tracer: Tracer, names: readonly string[]): { readonly spec: ParameterSpec; readonly value: Tensor }[] {
  const known = tracer.parameterValues();
  if (names.length === 0) throw new AiprodError('bad-input', 'there is nothing to train', { expected: 'names of parameters' });
  return names.map((name) => {
    const found = known.filter(({ spec }) => spec.name === name);
    if (found.length === 1) return found[0];
    throw new AiprodError('bad-input', `the parameter ${name} cannot be trained`, {
      expected: 'a parameter that the model reads in one type and order',
      found: found.length === 0 ? 'none of that name' : `${found.length} readings`,
    });
  });
}
