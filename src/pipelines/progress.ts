/** What a pipeline tells while it works. Plain data: it crosses worker and process borders. */
export type ProgressEvent =
  | {
      readonly kind: 'progress';
      readonly stage: PipelineStage;
      /** Name of the node that is at work, where it is one. */
      readonly node?: string;
      /** Steps of the stage that are done, and how many there are. */
      readonly step: number;
      readonly steps: number;
      /**
       * Share of the stage's arithmetic that is done, 0 to 1, where steps are not alike: some solvers evaluate the model more than once in
       * some steps, and guidance may act in some only.
       */
      readonly share?: number;
      /** Seconds until the whole job is done, from the steps measured so far; undefined until one was. */
      readonly etaSeconds?: number;
    }
  | {
      /** A rough picture of the clip while it is being denoised. */
      readonly kind: 'preview';
      readonly step: number;
      readonly width: number;
      readonly height: number;
      /** RGBA, 8 bits each, row by row. */
      readonly pixels: Uint8ClampedArray<ArrayBuffer>;
    }
  | {
      /** A kept result could not be used and is made again. */
      readonly kind: 'notice';
      readonly message: string;
    };

export const pipelineStages = ['load', 'text', 'denoise', 'decode', 'write'] as const;
export type PipelineStage = (typeof pipelineStages)[number];

/**
 * Estimates the time left from what was measured: work is counted in arithmetic, and what is left takes time in proportion to what
 * was done.
 */
export class EtaEstimator {
  private started: number | undefined;
  private done = 0;

  /**
   * @param left floating-point operations that are still to be done
   * @param now milliseconds
   */
  constructor(
    private left: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Work that was done in an earlier run and is not left any more. */
  skip(work: number): void {
    this.left = Math.max(0, this.left - work);
  }

  /** Measured work begins, unless it has begun already. */
  start(): void {
    this.started ??= this.now();
  }

  /** So much more is done. */
  advance(work: number): void {
    this.done += work;
    this.skip(work);
  }

  /** Seconds until all is done, or undefined before anything was measured. */
  secondsLeft(): number | undefined {
    if (this.started === undefined || this.done === 0) return undefined;
    return ((this.now() - this.started) / 1000 / this.done) * this.left;
  }
}
