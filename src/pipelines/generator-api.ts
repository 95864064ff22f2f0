/**
 * What the worker that owns the GPU offers to a page, through Comlink. Everything here is plain data that structured clone
 * carries; callbacks are proxied. Errors arrive as AiprodError's JSON form inside a rejected promise.
 */
import type { SyncFigures } from '../metrics';
import type { Waveform, WaveformPeaks } from '../audio';
import type { AdapterReport, DeviceFeatures, DeviceLimits } from '../gpu';
import type { FrameRate } from '../media';
import type { JobInput, ModelTraits, ResolvedJob } from './job';
import type { ProgressEvent } from './progress';
import type { Recipe } from './recipe';

/** What a page can say about this machine and model before anything is generated. */
export interface GeneratorDescription {
  readonly adapter: AdapterReport;
  readonly features: DeviceFeatures;
  readonly traits: ModelTraits;
  readonly model: {
    readonly name: string;
    /** For people: `LTX-Video`, `LTX-2.0`. */
    readonly family: string;
    /** As stored. */
    readonly weightBytes: number;
    readonly makesSound: boolean;
  };
}

/** The device that clips are made on. */
export interface MachineReport {
  readonly adapter: AdapterReport;
  readonly features: DeviceFeatures;
  readonly limits: DeviceLimits;
  /** GPU memory of our buffers in bytes: now, and the most at once so far. */
  readonly memory: { readonly liveBytes: number; readonly peakBytes: number };
}

/** What a job will need, known before weights are loaded. */
export interface MemoryForecast {
  readonly totalBytes: number;
  readonly weightBytes: number;
}

/** What a run may take of this machine. */
export interface RunLimits {
  /** Most bytes of GPU memory: above it the VAE works in tiles and the blocks of large models are streamed. */
  readonly memoryBudget?: number;
}

/** How a run is begun, or gone on with. */
export interface RunOptions extends RunLimits {
  /**
   * Name of the run: what it has done so far is kept under it until the clip is made or it is forgotten. A run of the same name and
   * job goes on where it stood. Without one the run has a place of its own, which nothing can go on from.
   */
  readonly run?: string;
  /** Denoising stops after so many of its steps, to be looked at; whole runs have none. */
  readonly stopAt?: number;
}

/** Settings of a job that decide how much memory it needs. */
export type JobSize = Pick<ResolvedJob, 'width' | 'height' | 'frames'>;

/** Whether a job can be run here, known before weights are loaded. */
export type JobForecast =
  | (MemoryForecast & {
      readonly fits: true;
      /** What it would need with all weights at once, where blocks are streamed or tiles are cut for the limit's sake. */
      readonly wholeBytes?: number;
    })
  | (MemoryForecast & {
      /** Neither with tiles nor with streamed blocks; the bytes are those without a limit. */
      readonly fits: false;
      readonly limitBytes: number;
      /** The largest settings in the same proportions that fit; absent where none do. */
      readonly nearest?: JobSize;
    });

/** The sound of a clip, and what its drawing needs. */
export interface ClipSound {
  readonly waveform: Waveform;
  readonly peaks: WaveformPeaks;
  /** Integrated loudness in LUFS; -Infinity for silence, and for less than 0.4 s. */
  readonly loudness: number;
  /** How it lies to the picture. */
  readonly sync: SyncFigures;
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
  /** Absent where the model makes no sound. */
  readonly sound?: ClipSound;
  readonly recipe: Recipe;
}

/** A run that was cancelled, or came to where it was to stop: a run of the same name goes on from here. */
export interface SuspendedRun {
  readonly suspended: true;
  readonly reason: 'cancelled' | 'stop-at';
  /** Steps of denoising that are done, and how many there are. */
  readonly step: number;
  readonly steps: number;
}

export interface GeneratorApi {
  /**
   * Acquires the device and opens a model's configs; cheap to call again.
   * @param model its name; the embedded one when left out
   */
  describe(model?: string): Promise<GeneratorDescription>;
  /** What there is to know of the device; acquires it. */
  machine(): Promise<MachineReport>;
  /** Hashes of a model's files by their names, as recipes hold them. */
  fingerprints(model: string): Promise<Readonly<Record<string, string>>>;
  forecast(job: JobInput, limits?: RunLimits): Promise<JobForecast>;
  /**
   * Makes a clip, or goes on making it. `onEvent` hears of progress and previews. When `cancel` is called meanwhile, or the run comes to
   * where it is to stop, the result is a SuspendedRun; going on gives what the run would have given by itself, bit for bit.
   */
  generate(job: JobInput, onEvent: (event: ProgressEvent) => void, options?: RunOptions): Promise<GeneratedClip | SuspendedRun>;
  /** Suspends the run at work after the step at hand. */
  cancel(): void;
  /** Names of the unfinished runs of which something is kept. */
  listRuns(): Promise<readonly string[]>;
  /** Throws away what an unfinished run has done. */
  forget(run: string): Promise<void>;
  /**
   * Closes the files of a model; the next use opens it anew.
   * @throws AiprodError `bad-usage` while a clip is being made with it
   */
  closeModel(name: string): Promise<void>;
}
