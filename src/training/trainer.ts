import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import {
  compileGraph,
  elementCount,
  ParameterStore,
  permuteData,
  ProgramInstance,
  storageBytes,
  type EncodingOf,
  type Graph,
  type HostTensor,
  type ParameterReader,
  type RunOptions,
} from '../graph';
import { seedWords } from '../numeric/random';
import { clipFactor } from './clipping';
import { emptyLossRecord, judgeLoss, type DivergenceOptions, type LossRecord } from './divergence';
import { streamInputs } from './flow-loss';
import { initialLossScale, nextLossScale, type LossScale, type LossScalingOptions } from './loss-scaling';
import { optimizerOf, type OptimizerConfig } from './optimizer';
import { drawSeed } from './random-draws';
import { inFileOrder } from './stateless-training';
import { storedGradientGraph, storedUpdateGraph } from './stored-graphs';
import { checkState, type TrainerState } from './trainer-state';
import { trainingNames, type GradientGraphOptions } from './training-graphs';
import { averageDecay, weightAverageNames, type WeightAverageOptions } from './weight-average';

/** What is trained, and how. */
export type TrainerOptions = GradientGraphOptions & {
  readonly optimizer: OptimizerConfig;
  /** The most that the norm of all gradients together may be. */
  readonly clip?: number;
  /** How weights that are not trained are kept in GPU memory, see `storeParametersAs`. */
  readonly frozen?: EncodingOf;
  /**
   * `bf16` keeps the trained matrices of dense layers in bfloat16 alone, on any adapter: no f32 master, which would take back what is
   * saved; each step rounds at random, so that steps smaller than a bfloat16 step add up on average. All else stays as the model reads it.
   */
  readonly storage?: 'bf16';
  /** Seed of that rounding. Default 0. */
  readonly seed?: number;
  /** Keeps an average of the trained weights. */
  readonly average?: WeightAverageOptions;
  /** Scales the loss and skips steps whose gradients are not finite; absent: such a step is an error. */
  readonly lossScaling?: LossScalingOptions;
  /** Gives up where the loss stays far above what it was; absent: only where it is not finite. */
  readonly divergence?: DivergenceOptions;
};

/** Some samples that are computed together. */
export interface MicroBatch {
  /** The model's inputs, the target, and the weights of errors; those that are left out keep their values. */
  readonly inputs: Readonly<Record<string, HostTensor['data']>>;
  /** Where its shapes are not those of the graph that the trainer was made with: their name, and the model's graph for them. */
  readonly shapes?: { readonly key: string; readonly graph: () => Graph };
}

/** What one step reports. */
export interface StepReport {
  readonly loss: number;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** Where the loss is scaled: by what it was in this step, and whether the step was left out because gradients were not finite. */
  readonly lossScale?: number;
  readonly skipped?: boolean;
  /** Whether the loss is far above what it was: a checkpoint now may already be spoilt. */
  readonly suspect?: boolean;
}

/** Programs for different shapes that are kept ready, the latest used. */
const keptPrograms = 4;

/**
 * Training on a device: weights, gradients, optimiser state and averages stay in its memory from step to step. A step computes gradients
 * of one batch or sums those of several, then, when they are finite, updates the weights by a second program.
 */
export class Trainer {
  private steps = 0;
  private scale: LossScale | undefined;
  private record: LossRecord = emptyLossRecord;
  /** Gradient programs by shapes, in the order of their latest use. */
  private readonly programs = new Map<string, ProgramInstance>();

  private constructor(
    private readonly model: Graph,
    private readonly options: TrainerOptions,
    private readonly context: GpuContext,
    private readonly parameters: ParameterStore,
    private readonly update: Graph,
    private readonly updating: ProgramInstance,
  ) {
    this.scale = options.lossScaling === undefined ? undefined : initialLossScale(options.lossScaling);
  }

  /**
   * Uploads the weights and compiles a step.
   * @param model the model's graph before fusion
   */
  static async create(model: Graph, options: TrainerOptions, context: GpuContext, readParameter: ParameterReader): Promise<Trainer> {
    const gradients = new Map(
      [...model.parameters.values()].map(({ name, storedShape }) => [trainingNames.gradient(name), elementCount(storedShape)]),
    );
    const read = (name: string): Float32Array | Promise<Float32Array> => {
      const size = gradients.get(name);
      return size === undefined ? readParameter(name) : new Float32Array(size);
    };
    const parameters = new ParameterStore(context, Object.assign(read, { stored: readParameter.stored, rows: readParameter.rows }));
    try {
      const update = storedUpdateGraph(model, options);
      const updating = await ProgramInstance.create(compileGraph(update, context), context, parameters);
      const trainer = new Trainer(model, options, context, parameters, update, updating);
      for (const { name, permute, storedShape } of update.parameters.values()) {
        const starts = [trainingNames.master(name), weightAverageNames.average(name)].filter((input) => update.inputs.has(input));
        if (starts.length === 0) continue;
        const stored = await readParameter(name);
        const values = permute === undefined ? stored : permuteData(stored, storedShape, permute);
        for (const input of starts) updating.write(input, values);
      }
      return trainer;
    } catch (error) {
      parameters.destroy();
      throw error;
    }
  }

  /** Steps done so far, skipped ones not counted. */
  get step(): number {
    return this.steps;
  }

  /**
   * Does one step on a batch, or on several as if they were one.
   * @throws AiprodError 'not-finite' or 'check-failed' when the loss is not finite or has diverged, 'not-finite' when gradients are not and
   *   the loss is not scaled. Weights and state are then as before the step.
   */
  async train(batches: MicroBatch | readonly MicroBatch[], learningRate: number, options: RunOptions = {}): Promise<StepReport> {
    const all = 'inputs' in batches ? [batches] : batches;
    if (all.length === 0) throw new AiprodError('bad-usage', 'a training step has no batch', { expected: 'one or more' });
    const scale = this.scale?.scale ?? 1;
    const shares = sharesOf(all);
    let [loss, norm] = [0, 0];
    for (const [k, batch] of all.entries()) {
      const program = await this.programOf(batch, all.length > 1);
      const inputs: Record<string, HostTensor['data']> = { ...batch.inputs, [trainingNames.share]: Float32Array.of(shares[k] * scale) };
      if (all.length > 1) inputs[trainingNames.first] = Float32Array.of(k === 0 ? 1 : 0);
      const results = await program.run(inputs, options);
      loss += shares[k] * numberOf(results, trainingNames.loss);
      norm = numberOf(results, trainingNames.gradientNorm) / scale;
    }
    const record = judgeLoss(this.record, loss, this.steps + 1, this.options.divergence);
    const finite = Number.isFinite(norm);
    const { lossScaling, divergence, clip } = this.options;
    if (!finite && lossScaling === undefined) {
      throw new AiprodError('not-finite', `the gradients of step ${this.steps + 1} are not finite`, {
        found: String(norm),
        hint: 'Resume with a lower learning rate, or with loss scaling where weights are f16; the step was not taken',
      });
    }
    if (finite) await this.apply(learningRate, (clip === undefined ? 1 : clipFactor(norm, clip)) / scale, options);
    this.record = record;
    if (this.scale !== undefined && lossScaling !== undefined) this.scale = nextLossScale(this.scale, finite, lossScaling);
    return {
      loss,
      gradientNorm: norm,
      ...(lossScaling === undefined ? {} : { lossScale: scale, skipped: !finite }),
      ...(divergence === undefined ? {} : { suspect: record.suspect > 0 }),
    };
  }

  /** A trained parameter as it is now, f32, in the order of its file. */
  async parameter(name: string): Promise<Float32Array> {
    const master = trainingNames.master(name);
    return this.inFileOrder(name, this.update.inputs.has(master) ? master : name);
  }

  /** The average of a trained parameter, f32, in the order of its file. @throws AiprodError 'bad-usage' when none is kept. */
  async averaged(name: string): Promise<Float32Array> {
    const average = weightAverageNames.average(name);
    if (this.update.inputs.has(average)) return this.inFileOrder(name, average);
    throw new AiprodError('bad-usage', `no average of ${name} is kept`, { hint: 'Train with an average' });
  }

  /** Everything that the next steps depend on beside their batches: see {@link TrainerState}. */
  async saveState(): Promise<TrainerState> {
    const tensors = new Map<string, HostTensor>();
    for (const name of this.stateNames()) tensors.set(name, await this.updating.read(name));
    return { step: this.steps, tensors, record: this.record, ...(this.scale === undefined ? {} : { scale: this.scale }) };
  }

  /** Goes on from a state: the steps that follow are, bit for bit, those that followed when it was saved. @throws AiprodError 'bad-input' when it is of another training. */
  restoreState(state: TrainerState): void {
    const types = new Map(this.stateNames().map((name) => [name, this.typeOf(name)]));
    checkState(state, types, this.scale !== undefined);
    for (const [name, { data }] of state.tensors) this.updating.write(name, data);
    this.steps = state.step;
    this.scale = state.scale;
    this.record = state.record;
  }

  /** Frees weights and state. */
  destroy(): void {
    for (const program of this.programs.values()) program.destroy();
    this.updating.destroy();
    this.parameters.destroy();
  }

  private async apply(learningRate: number, factor: number, options: RunOptions): Promise<void> {
    const { optimizer, average } = this.options;
    const step = this.steps + 1;
    const scalars: Record<string, number> = {
      ...optimizerOf(optimizer).scalars(step, learningRate),
      [trainingNames.factor]: factor,
      ...(average === undefined ? {} : { [weightAverageNames.rate]: 1 - averageDecay(step, average) }),
    };
    // Muon has numbers for matrices and for all else, and not every model has both.
    const read = Object.entries(scalars).filter(([name]) => this.update.inputs.has(name));
    const inputs: Record<string, HostTensor['data']> = Object.fromEntries(read.map(([name, value]) => [name, Float32Array.of(value)]));
    if (this.update.inputs.has(trainingNames.roundingSeed)) {
      const { seed = 0 } = this.options;
      inputs[trainingNames.roundingSeed] = Uint32Array.from(seedWords(drawSeed({ seed, step: this.steps }, 'rounding')));
    }
    await this.updating.run(inputs, options);
    this.steps = step;
  }

  /** The program for a batch's shapes; those that were not used for long are freed. */
  private async programOf({ shapes }: MicroBatch, summed: boolean): Promise<ProgramInstance> {
    const key = `${summed ? 'summed' : 'single'} ${shapes?.key ?? ''}`;
    const known = this.programs.get(key);
    if (known !== undefined) {
      this.programs.delete(key);
      this.programs.set(key, known);
      return known;
    }
    for (const [oldest, program] of this.programs) {
      if (this.programs.size < keptPrograms) break;
      program.destroy();
      this.programs.delete(oldest);
    }
    const stored = storedGradientGraph(shapes?.graph() ?? this.model, this.options, summed);
    const made = await ProgramInstance.create(compileGraph(stored, this.context), this.context, this.parameters);
    this.programs.set(key, made);
    return made;
  }

  private stateNames(): string[] {
    return [...this.update.updates.keys()].map((id) => nameOf(this.update, id));
  }

  private typeOf(name: string): { shape: readonly number[]; dtype: string } {
    const id = [...this.update.updates.keys()].find((leaf) => nameOf(this.update, leaf) === name) ?? -1;
    const node = this.update.nodes[id];
    return node.encoding === undefined ? node : { shape: [storageBytes(node) / 4], dtype: 'u32' };
  }

  private async inFileOrder(parameter: string, leaf: string): Promise<Float32Array> {
    const { data } = await this.updating.read(leaf);
    const node = this.update.nodes.find(({ id }) => this.update.parameters.get(id)?.name === leaf);
    if (node?.encoding !== undefined && data instanceof Uint32Array) return bf16Rows(data, node.shape);
    return inFileOrder(this.update, parameter, Float32Array.from(data));
  }
}

/** Values of a matrix from its words: bfloat16, rows padded to four. */
function bf16Rows(words: Uint32Array, [rows, inner]: readonly number[]): Float32Array {
  const stride = Math.ceil(inner / 4) * 2;
  const values = new Float32Array(rows * inner);
  const bits = new Uint32Array(values.buffer);
  for (let k = 0; k < values.length; k++) {
    const column = k % inner;
    const word = words[Math.floor(k / inner) * stride + (column >> 1)];
    bits[k] = column % 2 === 0 ? word << 16 : word & 0xffff0000;
  }
  return values;
}

function nameOf({ parameters, inputs }: Graph, leaf: number): string {
  const input = [...inputs].find(([, id]) => id === leaf);
  return parameters.get(leaf)?.name ?? input?.[0] ?? '';
}

/**
 * What each batch's mean loss is multiplied by so that the sum is the mean over all of them: its share of what the mean is taken of, the
 * weights of errors where they are given, else the elements of the target.
 */
function sharesOf(batches: readonly MicroBatch[]): number[] {
  if (batches.length === 1) return [1];
  const sizes = batches.map(({ inputs }) => {
    const streams = ['sample', 'audio_sample'].map(streamInputs);
    const counted = streams.reduce((sum, { target, lossWeight }) => sum + countedOf(inputs[target], inputs[lossWeight]), 0);
    return counted === 0 ? 1 : counted;
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / total);
}

/** Elements of a target that count. */
function countedOf(target: HostTensor['data'] | undefined, weights: HostTensor['data'] | undefined): number {
  if (target === undefined || weights === undefined) return target?.length ?? 0;
  let sum = 0;
  for (const weight of weights) sum += weight;
  return (sum * target.length) / weights.length;
}

function numberOf(results: ReadonlyMap<string, HostTensor>, name: string): number {
  return results.get(name)?.data[0] ?? Number.NaN;
}
