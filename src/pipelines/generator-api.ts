/**
 * What the worker that owns the GPU offers to a page, through Comlink. Everything here is plain data that structured clone
 * carries; callbacks are proxied. Errors arrive as AiprodError's JSON form inside a rejected promise.
 */
import type { AdapterReport } from '../gpu';
import type { FrameRate } from '../media';
import type { JobInput, ModelTraits } from './job';
import type { ProgressEvent } from './progress';
import type { Recipe } from './recipe';

/** What a page can say about this machine and model before anything is generated. */
export interface GeneratorDescription {
  readonly adapter: AdapterReport;
  readonly features: { readonly f16: boolean; readonly subgroups: boolean; readonly timestamps: boolean };
  readonly traits: ModelTraits;
  readonly model: { readonly name: string; readonly weightBytes: number };
}

/** What a job will need, known before weights are loaded. */
export interface MemoryForecast {
  readonly totalBytes: number;
  readonly weightBytes: number;
}

export interface GeneratedClip {
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
  readonly frameCount: number;
  /** All frames, RGBA, 8 bits each: [F, H, W, 4]. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** The finished file, with the recipe inside. */
  readonly file: { readonly bytes: Uint8Array<ArrayBuffer>; readonly mimeType: string; readonly codec: string; readonly extension: string };
  /** Final latents [1, C, F, H, W] in the model's units. */
  readonly latents: Float32Array<ArrayBuffer>;
  readonly recipe: Recipe;
}

/** A run that was cancelled: it can be taken up again from here. */
export interface SuspendedRun {
  readonly suspended: true;
  readonly step: number;
  readonly steps: number;
}

export interface GeneratorApi {
  /** Acquires the device and opens the model's configs; cheap to call again. */
  describe(): Promise<GeneratorDescription>;
  forecast(job: JobInput): Promise<MemoryForecast>;
  /**
   * Makes a clip. `onEvent` hears of progress and previews. When `cancel` is called meanwhile the result is a SuspendedRun,
   * which `resume` continues with equal results.
   */
  generate(job: JobInput, onEvent: (event: ProgressEvent) => void): Promise<GeneratedClip | SuspendedRun>;
  /** Continues the suspended run. */
  resume(onEvent: (event: ProgressEvent) => void): Promise<GeneratedClip | SuspendedRun>;
  cancel(): void;
}
