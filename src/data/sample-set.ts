import { AiprodError } from '../errors';
import type { HostTensor } from '../graph';

/** What a trainer learns from at once: latents and what conditions them. */
export interface TrainingSample {
  readonly id: string;
  /** By the names of docs/data.md: `latents` [C, F, H, W], `prompt_embeds` [T, D], `prompt_mask` [T], `reference_latents`, ... */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly caption?: string;
  /** Frames a second of the clip. */
  readonly fps?: number;
}

/** A sample that was passed over, and why. */
export interface SkippedSample {
  readonly id: string;
  readonly reason: string;
}

/** Samples by number. Numbers and ids stay the same as long as the set does. */
export interface SampleSet {
  /** Samples that can be asked for. */
  readonly size: number;
  /** Samples that were found to be damaged when the set was opened; none of the `size`. */
  readonly rejected?: readonly SkippedSample[];
  /** Name of sample `index`, unique in the set. */
  idOf(index: number): string;
  /** Samples of one bucket have latents of one shape and may share a batch. */
  bucketOf(index: number): string;
  /** @throws AiprodError of the codes in `isDamage` when the sample itself is bad. */
  read(index: number, signal?: AbortSignal): Promise<TrainingSample>;
}

/** Whether an error says that the sample is bad, in contrast to a place that cannot be reached, or to a fault of ours. */
export function isDamage(error: unknown): error is AiprodError {
  return error instanceof AiprodError && ['bad-weights', 'not-finite', 'shape-mismatch', 'unsupported-model'].includes(error.code);
}
