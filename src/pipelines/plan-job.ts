import { AiprodError } from '../errors';
import { passesKey, type GuidancePass } from '../diffusion';
import type { GpuContext } from '../gpu';
import { programFlops, type Program } from '../graph';
import type { Json, NodeKinds, NodeSpec } from './dag';
import { drawJob, unidentified } from './draw-job';
import type { MemoryForecast } from './generator-api';
import { gpuMachine, type GpuMachine } from './gpu-machine';
import type { KnownMedia, ResolvedJob } from './job';
import { textShapeOf } from './machine-memory';
import type { GraphContext, PipelineGraph } from './pipeline-graph';
import { describeFit, nearestFit } from './nearest-fit';
import { chooseDtype, chooseWeights } from './storage-choice';
import { videoKinds } from './video-kinds';
import { familyOf, type ModelFamily, type VideoModel } from './model-family';
import { denoiseAudioVideoSettings, denoiseSettings, transformerRequest, workOfSteps } from './nodes/denoise-latents';
import { denoiseSoundSettings, soundRequest, workOfSoundSteps } from './nodes/denoise-sound';
import type { TransformerRequest } from './video-machine';
import { decodeSettings } from './nodes/decode';
import { encodeTextSettings } from './nodes/encode-text';
import { upsamplingOf, type UpsamplerModel } from './opening/open-upsampler';
import { flopsOf } from './tiling';

export interface PlanRequest {
  readonly model: VideoModel;
  readonly job: ResolvedJob;
  readonly context: GpuContext;
  /** Whether a rough picture is decoded now and then while denoising. */
  readonly previews: boolean;
  /** Most bytes of GPU memory the job may take. */
  readonly memoryBudget?: number;
  /** What is known of the files that the job names. */
  readonly media?: KnownMedia;
  /** Opened where the pipeline has two stages. */
  readonly upsampler?: UpsamplerModel;
}

/** A job with the programs that it runs and what they need; made before any weight is read. */
export interface JobPlan {
  readonly model: VideoModel;
  readonly job: ResolvedJob;
  readonly media: KnownMedia;
  readonly dtype: 'f32' | 'f16';
  readonly machine: GpuMachine;
  readonly forecast: MemoryForecast;
  /** The programs of the nodes that encode text, denoise and decode, by name. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Arithmetic of each node that denoises, step by step, and of the decoder. */
  readonly work: { readonly steps: readonly StepWork[]; readonly decode: number };
  /** The graph, given by what the weights are recognised. */
  draw(identity: GraphContext['identity']): PipelineGraph;
}

export interface StepWork {
  readonly node: string;
  readonly steps: number;
  /** Of each step: solvers evaluate the model more than once in some, and guidance may act in some only. */
  readonly flops: readonly number[];
}

/**
 * Draws a job's graph, traces and compiles everything it runs, and adds up its memory. Nodes hold the GPU one after the other, so
 * the forecast is the largest.
 *
 * @throws AiprodError `out-of-memory` when the forecast exceeds the budget, with the sizes and what to do.
 */
export function planJob(request: PlanRequest): JobPlan {
  const { model, job, context, previews, upsampler, media = new Map() } = request;
  requireUpsampler(request);
  const dtype = chooseDtype(job, context);
  const { tiling } = job;
  const { memoryBudget } = request;
  const weights = chooseWeights(job, context, memoryBudget);
  const machine = gpuMachine({
    model,
    context,
    dtype,
    previews,
    weights,
    tiling,
    memoryBudget,
    ...(upsampler === undefined ? {} : { upsampler }),
  });
  const draw = (identity: GraphContext['identity']): PipelineGraph =>
    drawJob({ model, job, media, identity, ...(upsampler === undefined ? {} : { upsampling: upsamplingOf(upsampler.config) }) });
  const { nodes } = draw(unidentified);
  const kinds = videoKinds({ machine, hooks: {} });
  const forecast = withNearest(request, () => forecastOf(nodes, kinds, memoryBudget));
  const programs = programsOf(nodes, machine);
  return { model, job, media, dtype, machine, forecast, programs, work: workOf(nodes, programs, machine), draw };
}

/** Adds to a refusal for want of memory what would fit. */
function withNearest<T>(request: PlanRequest, forecast: () => T): T {
  const { memoryBudget, context, ...rest } = request;
  try {
    return forecast();
  } catch (error) {
    if (memoryBudget === undefined || !(error instanceof AiprodError) || error.code !== 'out-of-memory') throw error;
    const fit = nearestFit({ ...rest, capabilities: context.capabilities }, memoryBudget);
    const hint =
      fit === undefined
        ? 'No smaller clip and no smaller weights of this model fit: raise --memory-budget'
        : `Use ${describeFit(fit)}, which takes ${fit.plan.peakBytes} bytes, or raise --memory-budget`;
    throw new AiprodError(error.code, error.summary, { ...error.details, hint }, { cause: error });
  }
}

/** How the stages of a graph are called where memory runs short. */
const stageNames: Readonly<Record<string, string>> = {
  'encode-text': 'text',
  'encode-latents': 'encode',
  'encode-image': 'image',
  'place-image': 'encode',
  denoise: 'denoise',
  'denoise-audio-video': 'denoise',
  'denoise-sound': 'denoise',
  'encode-sound': 'encode-audio',
  'decode-audio': 'decode-audio',
  'upsample-latents': 'upsample',
  decode: 'decode',
};

/** The largest stage of a graph. @throws AiprodError `out-of-memory` where it exceeds the budget */
export function forecastOf(nodes: readonly NodeSpec[], kinds: NodeKinds, budget: number | undefined): MemoryForecast {
  let largest = { totalBytes: 0, weightBytes: 0, kind: '' };
  for (const { kind, settings } of nodes) {
    const estimate = kinds.get(kind)?.estimate?.(settings);
    if (estimate !== undefined && estimate.totalBytes > largest.totalBytes) largest = { ...estimate, kind };
  }
  const { totalBytes, weightBytes, kind } = largest;
  if (budget !== undefined && totalBytes > budget) {
    throw new AiprodError('out-of-memory', `the ${stageNames[kind] ?? kind} stage of this job does not fit the memory budget`, {
      expected: `at most ${budget} bytes`,
      found: `${totalBytes} bytes, ${weightBytes} of them weights`,
      hint: 'Choose a smaller width, height or number of frames, or raise --memory-budget',
    });
  }
  return { totalBytes, weightBytes };
}

/** What a node that denoises asks of the transformer, and the arithmetic of its steps; undefined for other nodes. */
function denoisingOf(
  { kind, settings }: Pick<NodeSpec, 'kind' | 'settings'>,
  machine: GpuMachine,
): { readonly request: TransformerRequest; steps(flopsOf: (passes: readonly GuidancePass[]) => number): number[] } | undefined {
  if (kind === 'denoise-sound') {
    const own = denoiseSoundSettings.parse(settings);
    return { request: soundRequest(own), steps: (flopsOf) => workOfSoundSteps(machine, own, flopsOf) };
  }
  if (kind !== 'denoise' && kind !== 'denoise-audio-video') return undefined;
  const own = (kind === 'denoise' ? denoiseSettings : denoiseAudioVideoSettings).parse(settings);
  return { request: transformerRequest(machine, own), steps: (flopsOf) => workOfSteps(machine, own, flopsOf) };
}

/** The program that each node runs at first. */
function programsOf(nodes: readonly NodeSpec[], machine: GpuMachine): Map<string, Program> {
  const { programs } = machine;
  const found = new Map<string, Program>();
  for (const { name, kind, settings } of nodes) {
    const [text] = machine.family.textParts;
    if (kind === 'encode-text' && text !== undefined) {
      const { prompts, stage } = encodeTextSettings.parse(settings);
      found.set(name, programs.encoder(text, textShapeOf(machine.family, prompts, stage)));
    }
    if (kind === 'decode') found.set(name, programs.decoding(decodeSettings.parse(settings).shape).program);
    const denoising = denoisingOf({ kind, settings }, machine);
    if (denoising === undefined) continue;
    const [program] = programs.transformer(denoising.request).values();
    found.set(name, program);
  }
  return found;
}

function workOf(nodes: readonly NodeSpec[], programs: ReadonlyMap<string, Program>, machine: GpuMachine): JobPlan['work'] {
  const steps: StepWork[] = [];
  let decode = 0;
  for (const { name, kind, settings } of nodes) {
    const program = programs.get(name);
    if (program === undefined) continue;
    const denoising = denoisingOf({ kind, settings }, machine);
    if (denoising !== undefined) {
      const programOf = machine.programs.transformer(denoising.request);
      const flops = denoising.steps((passes) => programFlops(programOf.get(passesKey(passes)) ?? program));
      steps.push({ node: name, steps: flops.length, flops });
    }
    if (kind !== 'decode') continue;
    const { shape } = decodeSettings.parse(settings);
    decode += flopsOf(machine.programs.decoding(shape), shape);
  }
  return { steps, decode };
}

/** Two stages need an upsampler that fits the model. */
function requireUpsampler({ job, model, upsampler }: PlanRequest): void {
  if (job.upsampler === undefined) return;
  if (upsampler === undefined) throw new AiprodError('internal', 'the upsampler of the job was not opened');
  const { config, name } = upsampler;
  const { latentChannels: channels } = familyOf(model).vae;
  if (config.in_channels === channels) return;
  throw new AiprodError('bad-input', 'the upsampler does not fit the model', {
    where: name,
    expected: `one of latents of ${channels} channels`,
    found: `${config.in_channels} channels`,
  });
}

/** By what the weights of each component are recognised: their files' hashes, their configuration and the type they compute in. */
export async function identityOf(
  { model, dtype }: Pick<JobPlan, 'model' | 'dtype'>,
  upsampler?: UpsamplerModel,
): Promise<GraphContext['identity']> {
  const files = Object.entries(await model.fingerprints());
  const identify = (components: readonly string[], config: Json): Json => {
    const own = files.filter(([path]) => components.some((component) => path.startsWith(`${component}/`)));
    return { files: Object.fromEntries(own.length === 0 ? files : own), config, dtype };
  };
  const { identity, audio, image, vae }: ModelFamily = familyOf(model);
  return {
    text_encoder: identify(['text_encoder', 'connectors'], identity.text),
    transformer: identify(['transformer'], identity.transformer),
    vae: identify(['vae'], vae.identity),
    image_encoder: image === undefined ? null : identify(['image_encoder'], identity.image),
    audio: audio === undefined ? null : identify(['audio_vae', 'vocoder'], identity.audio),
    upsampler:
      upsampler === undefined ? null : { files: { ...(await upsampler.fingerprints()) }, config: JSON.stringify(upsampler.config), dtype },
  };
}
