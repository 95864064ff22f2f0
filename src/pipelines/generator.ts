import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { tensorToFrames, type FrameRate } from '../media';
import type { Video } from '../models';
import { memoryStore, OutputCache } from './dag';
import type {
  ClipSound,
  GeneratedClip,
  GeneratorApi,
  GeneratorDescription,
  JobForecast,
  MemoryForecast,
  RunLimits,
  RunOptions,
  SuspendedRun,
} from './generator-api';
import { clipSound } from './clip-sound';
import { framesPerSecond, parseJob, type Job, type JobInput, type ResolvedJob } from './job';
import { knownMedia } from './known-media';
import { withLoras, type OpenLora, type ScaledLora } from './lora';
import { familyOf, type VideoModel } from './model-family';
import { adapterName } from './opening/ltx-model';
import type { MediaLibrary } from './nodes/load-media';
import { nearestFit } from './nearest-fit';
import { traitsWith, type UpsamplerModel } from './opening/open-upsampler';
import { planJob, type JobPlan } from './plan-job';
import type { ProgressEvent } from './progress';
import { jobForRecipe, type Recipe } from './recipe';
import { mediaOf, resolveJob, soundsOf } from './resolve-job';
import { runJob } from './run-job';
import { memoryRunStates, type RunStates } from './run-states';

/** What the place where a generator runs provides. */
export interface GeneratorHost {
  /** Name and version for recipes. */
  readonly generatorName: string;
  acquire(): Promise<GpuContext>;
  openModel(name: string, parts: Pick<JobInput, 'textEncoder' | 'vae'>): Promise<VideoModel>;
  /** Opens a LoRA for a model; absent where no files can be named. */
  openLora?(name: string, model: VideoModel): Promise<OpenLora>;
  /** Absent where no pipeline of two stages runs. */
  openUpsampler?(name: string): Promise<UpsamplerModel>;
  /** What unfinished runs have done; kept until the process ends where the host says nothing. */
  readonly runStates?: RunStates;
  /** Images and videos that jobs name; absent where jobs can name none. */
  readonly media?: MediaLibrary;
  /** Encodes a finished clip into a file that carries the recipe. */
  encode(clip: {
    readonly width: number;
    readonly height: number;
    readonly frameRate: FrameRate;
    readonly frames: readonly Uint8Array[];
    readonly recipe: Recipe;
    /** Absent where the model makes no sound. */
    readonly sound?: Waveform;
  }): Promise<GeneratedClip['file']>;
}

interface Prepared {
  readonly job: ResolvedJob;
  readonly gpu: GpuContext;
  readonly plan: JobPlan;
  readonly upsampler?: UpsamplerModel;
}

/** The model of a job that names none. */
const embeddedModel = 'embedded';

/** Bytes of earlier results that are kept for jobs that differ little. */
const cacheBytes = 128 * 1024 * 1024;

/** A generator over one device and one model at a time; one job runs at a time. */
export function createGenerator(host: GeneratorHost): GeneratorApi {
  let context: Promise<GpuContext> | undefined;
  const models = new Map<string, Promise<VideoModel>>();
  let running: { readonly controller: AbortController; readonly model: string } | undefined;
  const runStates = host.runStates ?? memoryRunStates();
  const cache = new OutputCache(cacheBytes);

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

  async function modelOf(name: string, parts: Pick<JobInput, 'textEncoder' | 'vae'> = {}): Promise<VideoModel> {
    const key = JSON.stringify([name, parts.textEncoder, parts.vae]);
    const known = models.get(key) ?? host.openModel(name, parts);
    models.set(key, known);
    try {
      return await known;
    } catch (error) {
      models.delete(key);
      throw error;
    }
  }

  async function prepare(input: JobInput, limits: RunLimits): Promise<Prepared> {
    const parsed = parseJob(input);
    const [gpu, base] = await Promise.all([contextOf(), modelOf(parsed.model, parsed)]);
    const model = await withLoras(base, await openLoras(parsed.loras, base));
    const media = await knownMedia(mediaOf(parsed), host.media, soundsOf(parsed, model.traits));
    const upsampler = parsed.upsampler === undefined ? undefined : await openUpsamplerOf(parsed.upsampler);
    const job = resolveJob(parsed, traitsWith(model, upsampler), media);
    const own = upsampler === undefined ? {} : { upsampler };
    const planned = (previews: boolean): JobPlan => planJob({ ...limits, model, job, context: gpu, previews, media, ...own });
    return { job, gpu, plan: limits.memoryBudget === undefined ? planned(true) : previewsWherePossible(planned), ...own };
  }

  async function openLoras(wanted: Job['loras'], model: VideoModel): Promise<ScaledLora[]> {
    const found: ScaledLora[] = [];
    for (const { path, scale, refineScale } of wanted) {
      if (host.openLora === undefined) {
        throw new AiprodError('unsupported-model', 'no LoRA can be opened here', { found: path, hint: 'Use the command line' });
      }
      found.push({ opened: await host.openLora(path, model), scale, ...(refineScale === undefined ? {} : { refineScale }) });
    }
    return found;
  }

  function openUpsamplerOf(name: string): Promise<UpsamplerModel> {
    if (host.openUpsampler !== undefined) return host.openUpsampler(name);
    throw new AiprodError('unsupported-model', 'no latent upsampler can be opened here', {
      found: name,
      hint: 'Use a pipeline of one stage, or the command line',
    });
  }

  async function forecast(input: JobInput, limits: RunLimits = {}): Promise<JobForecast> {
    const limitBytes = limits.memoryBudget;
    const { plan, job, gpu, upsampler } = await prepare(input, {});
    const whole = plan.forecast;
    if (limitBytes === undefined) return { fits: true, ...whole };
    const fitting = await forecastWithin(input, limits);
    if (fitting !== undefined)
      return { fits: true, ...fitting, ...(whole.totalBytes > limitBytes ? { wholeBytes: whole.totalBytes } : {}) };
    const { model, media } = plan;
    const request = { model, job, media, capabilities: gpu.capabilities, ...(upsampler === undefined ? {} : { upsampler }) };
    const nearest = nearestFit(request, limitBytes, { inProportion: true });
    if (nearest === undefined) return { fits: false, ...whole, limitBytes };
    const { width, height, frames } = nearest;
    return { fits: false, ...whole, limitBytes, nearest: { width, height, frames } };
  }

  async function forecastWithin(input: JobInput, limits: RunLimits): Promise<MemoryForecast | undefined> {
    try {
      return (await prepare(input, limits)).plan.forecast;
    } catch (error) {
      if (error instanceof AiprodError && error.code === 'out-of-memory') return undefined;
      throw error;
    }
  }

  async function run(
    input: JobInput,
    onEvent: (event: ProgressEvent) => void,
    { run: name, stopAt, ...limits }: RunOptions,
  ): Promise<GeneratedClip | SuspendedRun> {
    if (running !== undefined) {
      throw new AiprodError('bad-usage', 'a clip is being generated already', { hint: 'Wait for it, or cancel it first' });
    }
    const controller = new AbortController();
    running = { controller, model: input.model ?? embeddedModel };
    try {
      onEvent({ kind: 'progress', stage: 'load', step: 0, steps: 1 });
      const prepared = await prepare(input, limits);
      const { job, plan } = prepared;
      const steps = plan.work.steps.reduce((sum, work) => sum + work.steps, 0);
      let step = 0;
      const store = name === undefined ? memoryStore() : await runStates.open(name);
      onEvent({ kind: 'progress', stage: 'load', step: 1, steps: 1 });
      try {
        let file: GeneratedClip['file'] | undefined;
        const recipe = await recipeOf(host.generatorName, prepared);
        const { video, latents, sound } = await runJob({
          plan,
          store,
          cache,
          signal: controller.signal,
          ...(stopAt === undefined ? {} : { stopAt }),
          targets: { video: ['clip'] },
          ...(host.media === undefined ? {} : { media: host.media }),
          ...(prepared.upsampler === undefined ? {} : { upsampler: prepared.upsampler }),
          async write(_, { shape, data }, __, sound) {
            const frames = framesOf(shape, data);
            const heard = sound === undefined ? {} : { sound };
            file = await host.encode({ ...sizeOf(shape), frameRate: job.frameRate, frames, recipe, ...heard });
            return null;
          },
          onEvent(event) {
            if (event.kind === 'progress' && event.stage === 'denoise') step = event.step;
            onEvent(event);
          },
        });
        if (file === undefined) throw new AiprodError('internal', 'the clip was not encoded');
        if (name !== undefined) await runStates.remove(name);
        const clip = clipOf(video, latents, file, job, recipe);
        return sound === undefined ? clip : { ...clip, sound: soundOf(sound, video, framesPerSecond(job.frameRate)) };
      } catch (error) {
        if (!(error instanceof AiprodError) || error.code !== 'cancelled') throw error;
        return { suspended: true, reason: controller.signal.aborted ? 'cancelled' : 'stop-at', step, steps };
      }
    } finally {
      running = undefined;
    }
  }

  return {
    async describe(name = embeddedModel): Promise<GeneratorDescription> {
      const [gpu, model] = await Promise.all([contextOf(), modelOf(name)]);
      const { title, audio } = familyOf(model);
      return {
        adapter: gpu.gpu.adapter,
        features: gpu.gpu.features,
        traits: model.traits,
        model: { name: model.name, family: title, weightBytes: model.weightBytes, makesSound: audio !== undefined },
      };
    },
    async machine() {
      const { gpu, allocator } = await contextOf();
      const { adapter, features, limits } = gpu;
      return { adapter, features, limits, memory: { liveBytes: allocator.liveBytes, peakBytes: allocator.peakBytes } };
    },
    fingerprints: async (name) => ({ ...(await (await modelOf(name)).fingerprints()) }),
    forecast,
    generate: (job, onEvent, options = {}) => run(job, onEvent, options),
    cancel() {
      running?.controller.abort();
    },
    listRuns: () => runStates.list(),
    forget: (name) => runStates.remove(name),
    async closeModel(name) {
      if (running?.model === name) {
        throw new AiprodError('bad-usage', 'a clip is being made with this model', { found: name, hint: 'Wait for it, or stop it first' });
      }
      for (const [key, model] of models) {
        if (!key.startsWith(JSON.stringify([name]).slice(0, -1))) continue;
        models.delete(key);
        // One that could not be opened holds nothing open.
        await model.then((opened) => opened.close()).catch(() => undefined);
      }
    },
  };
}

/** A preview needs a decoder beside the transformer: where memory is short, the clip is worth more than looking at it early. */
function previewsWherePossible(planned: (previews: boolean) => JobPlan): JobPlan {
  try {
    return planned(true);
  } catch (error) {
    if (error instanceof AiprodError && error.code === 'out-of-memory') return planned(false);
    throw error;
  }
}

function sizeOf([, , , height, width]: readonly number[]): { readonly width: number; readonly height: number } {
  return { width, height };
}

function framesOf([, , frames, height, width]: readonly number[], data: Float32Array): Uint8Array[] {
  return tensorToFrames(data, { layout: 'CFHW', frames, height, width });
}

/** What a page plays, draws and says: its figures are made here, where nobody waits for a frame. */
function soundOf({ sampleRate, channels }: Waveform, { shape, data }: Video, frameRate: number): ClipSound {
  // Memory of its own, which can be handed over to the page.
  const waveform = { sampleRate, channels: channels.map((samples) => samples.slice()) };
  return clipSound(waveform, framesOf(shape, data), { ...sizeOf(shape), frameRate });
}

function clipOf(video: Video, latents: Video, file: GeneratedClip['file'], job: ResolvedJob, recipe: Recipe): GeneratedClip {
  const { width, height } = sizeOf(video.shape);
  const frameCount = video.shape[2];
  const pixels = new Uint8ClampedArray(frameCount * width * height * 4);
  framesOf(video.shape, video.data).forEach((frame, index) => pixels.set(frame, index * width * height * 4));
  return { width, height, frameRate: job.frameRate, frameCount, pixels, file, latents: new Float32Array(latents.data), recipe };
}

/** What a finished file says of its making. */
export async function recipeOf(generator: string, { job, gpu, plan }: Pick<Prepared, 'job' | 'gpu' | 'plan'>): Promise<Recipe> {
  const { model, media, dtype } = plan;
  const inputs = Object.fromEntries(Array.from(media, ([file, { fingerprint }]) => [file, fingerprint]));
  return {
    recipe: 1,
    generator,
    job: jobForRecipe(job),
    model: { name: model.name, files: { ...(await model.fingerprints()) } },
    ...(media.size === 0 ? {} : { inputs }),
    adapter: { name: adapterName(gpu.gpu.adapter), dtype },
  };
}
