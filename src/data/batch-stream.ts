import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { AiprodError } from '../errors';
import { planEpoch, type PlannedBatch } from './epoch-order';
import { isDamage, type SampleSet, type SkippedSample, type TrainingSample } from './sample-set';
import { WaitRecord, type WaitFigures } from './wait-record';

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Where a stream stands, as plain JSON. */
export const batchStreamStateSchema = z.strictObject({
  version: z.literal(1),
  seed: count,
  batchSize: count.min(1),
  /** Epoch and number of the batch that comes next. */
  epoch: count,
  batch: count,
  /** SHA-256 over ids and buckets of the set. */
  set: z.string(),
  /** Damaged samples met so far: they stay out, so that the order stays what it was. */
  skipped: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
});
export type BatchStreamState = z.infer<typeof batchStreamStateSchema>;

/** Settings of a stream. */
export interface BatchStreamOptions {
  /** Samples a batch, 1 or more. */
  readonly batchSize: number;
  /** 0 to 2^53 - 1. */
  readonly seed: number;
  /** Batches that are read ahead of the one asked for; 0 reads each when it is asked for. */
  readonly prefetch: number;
  /** Goes on where another stream over the same set, with the same batch size and seed, was left. */
  readonly state?: BatchStreamState;
}

/** A batch; its samples share a bucket. */
export interface TrainingBatch {
  readonly samples: readonly TrainingSample[];
  readonly epoch: number;
}

/** Position in the order of batches. */
interface Place {
  readonly epoch: number;
  readonly batch: number;
}

/** A batch on its way. */
interface PendingBatch {
  readonly epoch: number;
  /** Where the stream stands once this batch is given. */
  readonly after: Place;
  /** Undefined where every sample of its bucket is damaged. */
  readonly samples: Promise<readonly TrainingSample[] | undefined>;
  settled: boolean;
}

/**
 * Endless batches over a set, read ahead. The order is `planEpoch`'s; a damaged sample's place is taken by the next sample of its
 * bucket, so that the same damage gives the same batches, however often the stream is saved and resumed in between.
 */
export class BatchStream {
  private readonly abort = new AbortController();
  private pending: PendingBatch[] = [];
  private readonly damaged = new Map<string, string>();
  private readonly waitRecord = new WaitRecord();
  private readonly setDigest: string;
  /** What `next` gives next. */
  private place: Place;
  /** What is read next, and the batches of that epoch. */
  private ahead: Place;
  private plan: readonly PlannedBatch[];

  private constructor(
    private readonly set: SampleSet,
    private readonly options: BatchStreamOptions,
  ) {
    this.setDigest = digestOf(set);
    const { state } = options;
    if (state !== undefined) checkState(state, options, this.setDigest);
    for (const { id, reason } of state?.skipped ?? []) this.damaged.set(id, reason);
    this.place = { epoch: state?.epoch ?? 0, batch: state?.batch ?? 0 };
    this.ahead = this.place;
    this.plan = this.planOf(this.place.epoch);
    if (this.place.batch >= this.plan.length) {
      throw new AiprodError('bad-input', 'the saved state of the data is damaged', {
        expected: `a batch below ${this.plan.length}`,
        found: `${this.place.batch}`,
      });
    }
    this.readAhead(options.prefetch);
  }

  /**
   * @throws AiprodError 'bad-input' when the set is empty or not the one that the state was saved over, 'bad-usage' for settings out of
   *   range or other than the state's.
   */
  static open(set: SampleSet, options: BatchStreamOptions): BatchStream {
    if (set.size === 0) {
      throw new AiprodError('bad-input', 'the data set holds no usable sample', {
        found: `0 samples, ${set.rejected?.length ?? 0} damaged`,
        hint: 'Check the folder, or run aiprod preprocess again',
      });
    }
    const { batchSize, prefetch } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) throw badSetting('batch size', '1 or more', batchSize);
    if (!Number.isInteger(prefetch) || prefetch < 0) throw badSetting('number of batches to prefetch', '0 or more', prefetch);
    return new BatchStream(set, options);
  }

  /**
   * The next batch. Calls must not overlap. After an error of the place that holds the data, a further call tries the same batch again.
   * @throws AiprodError 'bad-input' when all samples are damaged, 'cancelled' after `close`; what else a set throws comes through.
   */
  async next(): Promise<TrainingBatch> {
    const begun = performance.now();
    let wasReady = true;
    for (;;) {
      this.throwIfClosed();
      this.readAhead(1);
      const [head] = this.pending;
      wasReady &&= head.settled;
      const samples = await head.samples.catch((error: unknown) => {
        this.throwIfClosed();
        this.pending = [];
        this.ahead = this.place;
        this.plan = this.planOf(this.place.epoch);
        throw error;
      });
      this.throwIfClosed();
      this.pending.shift();
      this.place = head.after;
      if (samples === undefined) {
        if (this.damaged.size >= this.set.size) throw this.allDamaged();
        continue;
      }
      this.readAhead(this.options.prefetch);
      this.waitRecord.add(performance.now() - begun, wasReady);
      return { samples, epoch: head.epoch };
    }
  }

  /** Where the stream stands: after the batches that `next` gave, however many were read ahead. */
  state(): BatchStreamState {
    const { seed, batchSize } = this.options;
    return { version: 1, seed, batchSize, ...this.place, set: this.setDigest, skipped: this.metDamage() };
  }

  /** Damaged samples, those included that the set found when it was opened. */
  skipped(): readonly SkippedSample[] {
    return [...(this.set.rejected ?? []), ...this.metDamage()];
  }

  /** How long callers of `next` had to wait. */
  waits(): WaitFigures {
    return this.waitRecord.figures();
  }

  /** Gives up what is being read. */
  close(): void {
    this.abort.abort();
    this.pending = [];
  }

  private metDamage(): SkippedSample[] {
    return [...this.damaged].map(([id, reason]) => ({ id, reason }));
  }

  private planOf(epoch: number): readonly PlannedBatch[] {
    return planEpoch(this.set, this.options.batchSize, this.options.seed, epoch);
  }

  /** Starts reading until `depth` batches are there or on their way. */
  private readAhead(depth: number): void {
    while (this.pending.length < depth) {
      const { epoch, batch } = this.ahead;
      const samples = this.readBatch(this.plan[batch]);
      const isLast = batch + 1 === this.plan.length;
      const after = isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
      const pending: PendingBatch = { epoch, after, samples, settled: false };
      // The failure itself is met by who asks for the batch.
      const settle = (): void => void (pending.settled = true);
      samples.then(settle, settle);
      this.pending.push(pending);
      this.ahead = after;
      if (isLast) this.plan = this.planOf(after.epoch);
    }
  }

  private async readBatch({ bucket, start }: PlannedBatch): Promise<readonly TrainingSample[] | undefined> {
    const { batchSize } = this.options;
    const samples = await Promise.all(Array.from({ length: batchSize }, (_, k) => this.readSample(bucket[(start + k) % bucket.length])));
    let spare = start + batchSize;
    const whole: TrainingSample[] = [];
    for (const read of samples) {
      let sample = read;
      for (let tried = 0; sample === undefined && tried < bucket.length; tried++) {
        sample = await this.readSample(bucket[spare++ % bucket.length]);
      }
      if (sample === undefined) return undefined;
      whole.push(sample);
    }
    return whole;
  }

  /** Undefined, and noted, where the sample is damaged. */
  private async readSample(index: number): Promise<TrainingSample | undefined> {
    const id = this.set.idOf(index);
    if (this.damaged.has(id)) return undefined;
    try {
      return await this.set.read(index, this.abort.signal);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.damaged.set(id, error.message);
      return undefined;
    }
  }

  private throwIfClosed(): void {
    if (this.abort.signal.aborted) throw new AiprodError('cancelled', 'the stream of training data was closed');
  }

  private allDamaged(): AiprodError {
    const [first] = this.metDamage();
    return new AiprodError('bad-input', 'every sample of the data set is damaged', {
      found: `${this.set.size} samples, the first: ${first.id}: ${first.reason}`,
      hint: 'Run aiprod preprocess again',
    });
  }
}

/** Identity of a set: its ids and buckets, in order. */
function digestOf(set: SampleSet): string {
  const hash = sha256.create();
  for (let index = 0; index < set.size; index++) hash.update(utf8ToBytes(`${set.idOf(index)}\u0000${set.bucketOf(index)}\n`));
  return bytesToHex(hash.digest());
}

function checkState(state: BatchStreamState, { batchSize, seed }: BatchStreamOptions, digest: string): void {
  if (state.batchSize !== batchSize || state.seed !== seed) {
    throw new AiprodError('bad-usage', 'the data cannot go on in the same order', {
      expected: `batch size ${state.batchSize} and seed ${state.seed}, as when the state was saved`,
      found: `batch size ${batchSize} and seed ${seed}`,
      hint: 'Keep both, or start a new run',
    });
  }
  if (state.set !== digest) {
    throw new AiprodError('bad-input', 'the data set has changed since the state was saved', {
      hint: 'Put back the samples that it had, or start a new run',
    });
  }
}

function badSetting(name: string, expected: string, found: number): AiprodError {
  return new AiprodError('bad-usage', `the ${name} is not usable`, { expected: `an integer of ${expected}`, found: String(found) });
}
