/** What a run tells while it goes on. Plain data. */
export interface TrainingProgress {
  readonly kind: 'training';
  /** Steps done, and how many the run has. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly stepsPerSecond: number;
  readonly etaSeconds?: number;
  /** Bytes of GPU memory in use. */
  readonly gpuBytes: number;
  /** Median wait for a batch so far, milliseconds. */
  readonly dataWaitMs: number;
  /** Where data is fetched through a cache: the share of this epoch's reads that the disk answered. */
  readonly cacheHitRate?: number;
}
