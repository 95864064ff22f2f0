/** What a pipeline tells while it works. Plain data: it crosses worker and process borders. */
export type ProgressEvent =
  | {
      readonly kind: 'progress';
      readonly stage: PipelineStage;
      /** Steps of the stage that are done, and how many there are. */
      readonly step: number;
      readonly steps: number;
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
    };

export const pipelineStages = ['load', 'text', 'denoise', 'decode', 'write'] as const;
export type PipelineStage = (typeof pipelineStages)[number];

/**
 * Estimates the time left from what was measured: denoising steps take equal time, and decoding is judged by its arithmetic
 * against that of a step.
 */
export class EtaEstimator {
  private started: number | undefined;
  private doneSteps = 0;

  /**
   * @param steps denoising steps of the job.
   * @param decodeInSteps what decoding costs, in denoising steps.
   * @param now milliseconds.
   */
  constructor(
    private readonly steps: number,
    private readonly decodeInSteps: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Denoising begins. */
  start(): void {
    this.started = this.now();
  }

  /** One more denoising step is done. */
  stepDone(): void {
    this.doneSteps++;
  }

  /** Seconds until the job is done, or undefined before the first measured step. */
  secondsLeft(remainingSteps: number): number | undefined {
    if (this.started === undefined || this.doneSteps === 0) return undefined;
    const secondsPerStep = (this.now() - this.started) / 1000 / this.doneSteps;
    return secondsPerStep * (Math.min(remainingSteps, this.steps) + this.decodeInSteps);
  }
}
