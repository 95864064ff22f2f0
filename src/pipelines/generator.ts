import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { frameToRgba, type FrameRate } from '../media';
import type { DenoiseState } from './denoise';
import type { GeneratedClip, GeneratorApi, GeneratorDescription, MemoryForecast, SuspendedRun } from './generator-api';
import { parseJob, resolveJob, type JobInput, type ResolvedJob } from './job';
import { adapterName, type LtxModel } from './ltx-model';
import type { ProgressEvent } from './progress';
import { jobForRecipe, type Recipe } from './recipe';
import { textToVideo } from './text-to-video';
import { planTextToVideo, type TextToVideoPlan } from './text-to-video-plan';

/** What the place where a generator runs provides. */
export interface GeneratorHost {
  /** Name and version for recipes. */
  readonly generatorName: string;
  acquire(): Promise<GpuContext>;
  openModel(name: string): Promise<LtxModel>;
  /** Encodes a finished clip into a file that carries the recipe. */
  encode(clip: {
    readonly width: number;
    readonly height: number;
    readonly frameRate: FrameRate;
    readonly frames: readonly Uint8Array[];
    readonly recipe: Recipe;
  }): Promise<GeneratedClip['file']>;
}

interface Run {
  readonly job: ResolvedJob;
  readonly state: DenoiseState | undefined;
}

/** A generator over one device and one model at a time; one job runs at a time. */
export function createGenerator(host: GeneratorHost): GeneratorApi {
  let context: Promise<GpuContext> | undefined;
  const models = new Map<string, Promise<LtxModel>>();
  let running: AbortController | undefined;
  let suspended: Run | undefined;

  async function contextOf(): Promise<GpuContext> {
    context ??= host.acquire();
    const current = context;
    try {
      const acquired = await current;
      // A lost device is replaced at the next use; the run that lost it keeps its state.
      void acquired.gpu.lost.then(() => {
        if (context === current) context = undefined;
      });
      return acquired;
    } catch (error) {
      context = undefined;
      throw error;
    }
  }

  async function modelOf(name: string): Promise<LtxModel> {
    const known = models.get(name) ?? host.openModel(name);
    models.set(name, known);
    try {
      return await known;
    } catch (error) {
      models.delete(name);
      throw error;
    }
  }

  async function prepare(
    input: JobInput,
    previews: boolean,
  ): Promise<{ job: ResolvedJob; model: LtxModel; gpu: GpuContext; plan: TextToVideoPlan }> {
    const parsed = parseJob(input);
    const [gpu, model] = await Promise.all([contextOf(), modelOf(parsed.model)]);
    const job = resolveJob(parsed, model.traits);
    return { job, model, gpu, plan: planTextToVideo(model, job, gpu, { previews }) };
  }

  async function run(
    input: JobInput,
    resumeFrom: DenoiseState | undefined,
    onEvent: (event: ProgressEvent) => void,
  ): Promise<GeneratedClip | SuspendedRun> {
    if (running !== undefined) {
      throw new AiprodError('bad-usage', 'a clip is being generated already', { hint: 'Wait for it, or cancel it first' });
    }
    const controller = new AbortController();
    running = controller;
    try {
      onEvent({ kind: 'progress', stage: 'load', step: 0, steps: 1 });
      const { job, model, gpu, plan } = await prepare(input, true);
      suspended = { job, state: resumeFrom };
      onEvent({ kind: 'progress', stage: 'load', step: 1, steps: 1 });
      try {
        const { video, latents } = await textToVideo({
          model,
          job,
          plan,
          context: gpu,
          signal: controller.signal,
          onEvent,
          ...(resumeFrom === undefined ? {} : { resumeFrom }),
          onState: (state) => {
            suspended = { job, state };
          },
        });
        const clip = await finish(job, model, gpu, plan, video, latents, onEvent);
        suspended = undefined;
        return clip;
      } catch (error) {
        if (error instanceof AiprodError && error.code === 'cancelled') {
          return { suspended: true, step: suspended?.state?.step ?? 0, steps: job.steps };
        }
        throw error;
      }
    } finally {
      running = undefined;
    }
  }

  async function finish(
    job: ResolvedJob,
    model: LtxModel,
    gpu: GpuContext,
    plan: TextToVideoPlan,
    video: Float32Array,
    latents: Float32Array,
    onEvent: (event: ProgressEvent) => void,
  ): Promise<GeneratedClip> {
    const { width, height, frameRate, frames: frameCount } = job;
    onEvent({ kind: 'progress', stage: 'write', step: 0, steps: 1 });
    const shape = { layout: 'CFHW' as const, frames: frameCount, width, height };
    const frames = Array.from({ length: frameCount }, (_, frame) => frameToRgba(video, shape, frame));
    const recipe: Recipe = {
      recipe: 1,
      generator: host.generatorName,
      job: jobForRecipe(job),
      model: { name: model.name, files: { ...(await model.fingerprints()) } },
      adapter: { name: adapterName(gpu.gpu.adapter), dtype: plan.dtype },
    };
    const file = await host.encode({ width, height, frameRate, frames, recipe });
    const pixels = new Uint8ClampedArray(frameCount * width * height * 4);
    frames.forEach((frame, index) => pixels.set(frame, index * width * height * 4));
    onEvent({ kind: 'progress', stage: 'write', step: 1, steps: 1, etaSeconds: 0 });
    return { width, height, frameRate, frameCount, pixels, file, latents: new Float32Array(latents), recipe };
  }

  return {
    async describe(): Promise<GeneratorDescription> {
      const [gpu, model] = await Promise.all([contextOf(), modelOf('embedded')]);
      return {
        adapter: gpu.gpu.adapter,
        features: gpu.gpu.features,
        traits: model.traits,
        model: { name: model.name, weightBytes: model.weightBytes },
      };
    },
    async forecast(job): Promise<MemoryForecast> {
      return (await prepare(job, true)).plan.forecast;
    },
    generate: (job, onEvent) => run(job, undefined, onEvent),
    resume(onEvent) {
      if (suspended === undefined) {
        return Promise.reject(new AiprodError('bad-usage', 'there is no run to resume', { hint: 'Generate a clip first' }));
      }
      return run({ ...jobForRecipe(suspended.job) }, suspended.state, onEvent);
    },
    cancel() {
      running?.abort();
    },
  };
}
