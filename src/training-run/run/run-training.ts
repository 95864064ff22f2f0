import { BatchStream, type SampleSet } from '../../data';
import type { CacheFigures } from '../../data/node';
import { describeConfig, type LoadedConfig } from '../../config';
import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import { EtaEstimator, gpuMachine, type VideoModel } from '../../pipelines';
import { learningRateAt, type MicroBatch, type StepReport, type Trainer } from '../../training';
import { applyReload, requireSameSettings, stepSettings, type ConfigWatch, type TrainingConfig } from '../config';
import { learningRateSchedule, weightAverage } from '../config/to-training';
import { openEventFile, type EventFile } from '../events';
import { requireModelFolder } from '../outputs/model-folder';
import { openSubject } from '../subject/open-subject';
import { trainerOf } from '../subject/open-trainer';
import type { EmptyCaption, TrainingSubject } from '../subject/training-subject';
import { CacheByEpoch, type DataFigures } from './data-figures';
import { openMetricsLog, type MetricsLog } from './metrics-log';
import type { TrainingProgress } from './progress';
import { checkpointToResume, openRunFolder, type RunFolder } from './run-folder';
import { readState, stateCheckpoint, type SavedState } from './saved-state';
import { makeValidationClips, type ValidationClip } from './validation-clips';
import { trainedReader, writeResult } from './write-result';

export interface TrainingRunRequest {
  readonly config: LoadedConfig<TrainingConfig>;
  /** Tells when the configuration has changed; absent: it does not. */
  readonly watch?: ConfigWatch;
  readonly model: VideoModel;
  /** Where the model's files are. */
  readonly modelPath: string;
  readonly set: SampleSet;
  /** How the cache does that the set is read through, where there is one. */
  readonly cache?: () => CacheFigures;
  readonly context: GpuContext;
  /** See `checkpointToResume`. */
  readonly resume: string | boolean;
  /** Name and version, for recipes. */
  readonly generator: string;
  readonly signal: AbortSignal;
  onProgress(progress: TrainingProgress): void;
  /** What else is worth saying. */
  onNote(text: string): void;
}

export interface TrainingResult {
  readonly steps: number;
  /** Of the last step; undefined where there was nothing left to do. */
  readonly loss?: number;
  /** The LoRA's file, or the model's folder. */
  readonly output: string;
  /** Samples that were passed over. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  /** Times that validation clips could not be made; the run went on. */
  readonly failedValidations: number;
  readonly data: DataFigures;
}

/**
 * Trains until the configuration's last step, or until the signal: then the state is saved.
 * @throws AiprodError 'cancelled' where the signal ended the run; 'not-finite' or 'check-failed' where the loss did, the last good checkpoint kept.
 */
export async function runTraining(request: TrainingRunRequest): Promise<TrainingResult> {
  const { settings } = request.config;
  if (settings.model.training_mode !== 'lora') await requireModelFolder(request.modelPath);
  const checkpoint = await checkpointToResume(settings.output_dir, request.resume);
  const subject = await openSubject(request.model, settings, request.context);
  const saved = checkpoint === undefined ? undefined : await readState(checkpoint);
  if (saved !== undefined && checkpoint !== undefined) requireSameSettings(saved.facts.settings, stepSettings(settings), checkpoint.path);
  const folder = await openRunFolder(settings.output_dir, describeConfig(request.config));
  const step = saved?.facts.step ?? 0;
  if (checkpoint !== undefined) request.onNote(`going on from ${checkpoint.path}`);
  const { batch_size: batchSize } = settings.optimization;
  const data = { batchSize, seed: settings.seed, prefetch: settings.data.prefetch };
  const stream = BatchStream.open(request.set, saved === undefined ? data : { ...data, state: saved.facts.data });
  const open: { close(): Promise<void> | void }[] = [stream];
  try {
    const metrics = await openMetricsLog(folder.metrics, step);
    open.push(metrics);
    const events = await openEventFile(folder.path, step + 1);
    open.push(events);
    const caption =
      subject.component === 'vae' || settings.training_strategy.caption_dropout_p === 0
        ? {}
        : { emptyCaption: await encodeNoCaption(subject, request) };
    const trainer = await trainerOf(subject, settings, request.context);
    open.push({ close: () => trainer.destroy() });
    if (saved !== undefined) trainer.restoreState(saved.trainer);
    return await new Run(request, { subject, folder, stream, metrics, events, trainer, caption }, saved).go();
  } finally {
    for (const resource of open.reverse()) await resource.close();
  }
}

/** The encoding of no caption; its encoder is loaded for this and let go. */
function encodeNoCaption({ model, dtype }: TrainingSubject, { context, signal }: TrainingRunRequest): Promise<EmptyCaption> {
  return gpuMachine({ model, context, dtype, previews: false }).encodeText([''], 1, signal);
}

interface Parts {
  readonly subject: TrainingSubject;
  readonly folder: RunFolder;
  readonly stream: BatchStream;
  readonly metrics: MetricsLog;
  readonly events: EventFile;
  readonly trainer: Trainer;
  /** Where captions are left out. */
  readonly caption: { readonly emptyCaption?: EmptyCaption };
}

/** What is known of a step beside what the trainer reports. */
interface StepFacts {
  readonly learningRate: number;
  readonly seconds: number;
  /** Of the seconds, in milliseconds: how long its batches were waited for. */
  readonly dataWaitMs: number;
}

/** A run from its first step, or the one that it goes on with, to its last. */
class Run {
  private settings: TrainingConfig;
  /** Steps done: of a loss-scaled run more than its optimiser took. */
  private step: number;
  private epoch: number;
  private savedAt: number | undefined;
  private loss: number | undefined;
  private suspect = false;
  private failedValidations = 0;
  private readonly eta: EtaEstimator;
  private readonly cache: CacheByEpoch | undefined;

  constructor(
    private readonly request: TrainingRunRequest,
    private readonly parts: Parts,
    saved: SavedState | undefined,
  ) {
    this.settings = request.config.settings;
    this.step = saved?.facts.step ?? 0;
    this.epoch = saved?.facts.epoch ?? 0;
    this.savedAt = saved?.facts.step;
    this.eta = new EtaEstimator(this.settings.optimization.steps - this.step);
    this.cache = request.cache && new CacheByEpoch(request.cache);
  }

  async go(): Promise<TrainingResult> {
    const { request, parts } = this;
    const { steps } = this.settings.optimization;
    if (this.step === 0) {
      const text = describeConfig(request.config).map((line) => `    ${line}`);
      await parts.events.add(0, [{ kind: 'text', tag: 'configuration', text: text.join('\n') }]);
      const { skip_initial_validation: skip, interval } = this.settings.validation;
      if (!skip && interval > 0) await this.validate();
    }
    while (this.step < steps) {
      if (request.signal.aborted) await this.interrupted();
      await this.reload();
      await this.oneStep();
      const { interval } = this.settings.checkpoints;
      const last = this.step === steps;
      // Weights of a run that may have gone astray do not push out good ones.
      if (last || (this.isDue(interval) && !this.suspect)) await this.save();
      if (last || this.isDue(this.settings.validation.interval)) await this.validate();
    }
    const output = await writeResult(parts.folder, request, this.settings, parts.subject, this.reader());
    const skipped = parts.stream.skipped();
    const { failedValidations, cache } = this;
    const data = { waits: parts.stream.waits(), ...(cache === undefined ? {} : { cache: cache.report() }) };
    return { steps: this.step, ...(this.loss === undefined ? {} : { loss: this.loss }), output, skipped, failedValidations, data };
  }

  private isDue(interval: number): boolean {
    return interval > 0 && this.step % interval === 0;
  }

  private async oneStep(): Promise<void> {
    const { settings, parts } = this;
    const { optimization, seed } = settings;
    this.eta.start();
    const began = performance.now();
    const batches: MicroBatch[] = [];
    const waited = parts.stream.waits().total;
    for (let microBatch = 0; microBatch < optimization.gradient_accumulation_steps; microBatch++) {
      const { samples, epoch } = await parts.stream.next();
      this.epoch = epoch;
      this.cache?.enter(epoch);
      batches.push(parts.subject.batch(samples, { config: settings, key: { seed, step: this.step, microBatch }, ...parts.caption }));
    }
    const learningRate = learningRateAt(learningRateSchedule(optimization), this.step);
    // Not cut short by the signal: a step is taken whole, or the state would be of neither.
    const report = await parts.trainer.train(batches, learningRate);
    this.step++;
    this.loss = report.loss;
    this.suspect = report.suspect === true;
    this.eta.advance(1);
    const seconds = (performance.now() - began) / 1000;
    await this.record(report, { learningRate, seconds, dataWaitMs: parts.stream.waits().total - waited });
  }

  private async record(report: StepReport, { learningRate, seconds, dataWaitMs }: StepFacts): Promise<void> {
    const { request, settings, parts, step, epoch } = this;
    const gpuBytes = request.context.allocator.liveBytes;
    const { loss, gradientNorm } = report;
    await parts.metrics.add({
      step,
      epoch,
      loss,
      learning_rate: learningRate,
      gradient_norm: gradientNorm,
      seconds,
      data_wait_ms: dataWaitMs,
      gpu_bytes: gpuBytes,
    });
    const scalars = {
      ...{ loss, learning_rate: learningRate, gradient_norm: gradientNorm, steps_per_second: 1 / seconds, epoch },
      data_wait_ms: dataWaitMs,
    };
    await parts.events.add(
      step,
      Object.entries(scalars).map(([tag, value]) => ({ kind: 'scalar', tag, value })),
    );
    if (report.skipped === true)
      request.onNote(`step ${step}: gradients were not finite at a loss scale of ${report.lossScale ?? 1}; not taken`);
    if (this.suspect) request.onNote(`step ${step}: the loss is far above what it was`);
    const etaSeconds = this.eta.secondsLeft();
    request.onProgress({
      kind: 'training',
      step,
      steps: settings.optimization.steps,
      epoch,
      loss,
      learningRate,
      stepsPerSecond: 1 / seconds,
      ...(etaSeconds === undefined ? {} : { etaSeconds }),
      gpuBytes,
      dataWaitMs: parts.stream.waits().median,
      ...(this.cache === undefined ? {} : { cacheHitRate: this.cache.hitRate() }),
    });
  }

  private async reload(): Promise<void> {
    const { request } = this;
    const next = await request.watch?.changed();
    if (next === undefined) return;
    const { settings, notes } = applyReload(this.settings, next.settings);
    this.settings = settings;
    for (const note of notes) request.onNote(note);
  }

  private async save(): Promise<void> {
    if (this.savedAt === this.step) return;
    const { parts, settings } = this;
    const state = await parts.trainer.saveState();
    const facts = { step: this.step, epoch: this.epoch, data: parts.stream.state(), settings: stepSettings(settings) };
    await parts.folder.checkpoints.write(this.step, stateCheckpoint(state, facts), settings.checkpoints.keep_last_n);
    this.savedAt = this.step;
  }

  /** The trained weights as pipelines are to have them: their average, where one is kept. */
  private reader(): (name: string) => Promise<Float32Array> {
    return trainedReader(this.parts.trainer, weightAverage(this.settings.optimization) !== undefined);
  }

  /** Makes validation clips. What keeps them from being made is said and counted: a run does not end by it, unless it could not go on either. */
  private async validate(): Promise<void> {
    const { request, settings, parts, step } = this;
    if (settings.validation.prompts.length === 0) return;
    try {
      const clips = await this.makeClips();
      const images = clips.map(({ strip, prompt }, k) => ({ kind: 'image' as const, tag: `validation/${k}: ${prompt}`, ...strip }));
      await parts.events.add(step, images);
      request.onNote(`step ${step}: ${clips.length} validation clips in ${parts.folder.samples(step)}`);
    } catch (error) {
      if (error instanceof AiprodError && error.code === 'cancelled') await this.interrupted();
      if (endsTheRun(error)) throw error;
      this.failedValidations++;
      const reason = error instanceof Error ? error.message : String(error);
      await parts.events.add(step, [{ kind: 'text', tag: 'validation/failed', text: reason }]);
      request.onNote(`step ${step}: no validation clips, training goes on: ${reason}`);
    }
  }

  private async makeClips(): Promise<ValidationClip[]> {
    const { request, settings, parts, step } = this;
    const { context, generator, signal } = request;
    const { memory_limit: limit } = settings.acceleration;
    return makeValidationClips({
      model: await parts.subject.modelNow(this.reader(), step),
      settings: settings.validation,
      dtype: 'auto',
      context,
      generator,
      signal,
      folder: parts.folder.samples(step),
      ...(limit === undefined ? {} : { memoryBudget: limit }),
    });
  }

  private async interrupted(): Promise<never> {
    await this.save();
    throw new AiprodError('cancelled', `interrupted after step ${this.step}; its state is saved`, {
      hint: 'Go on with: aiprod train CONFIG --resume',
    });
  }
}

/** Whether what kept clips from being made keeps a run from going on, too: the device is gone, or nothing can be written. */
function endsTheRun(error: unknown): boolean {
  if (error instanceof AiprodError) return error.code === 'device-lost' || error.code === 'unwritable-output';
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(ENOSPC|EDQUOT|EROFS|EIO)$/.test(error.code);
}
