/**
 * A generator that plays a part, for tests of the page's states only: it draws a sun over hills with a canvas instead of running a
 * model. No build of the product contains it.
 */
import { AiprodError } from '../../src/errors';
import {
  framesPerSecond,
  jobForRecipe,
  knownMedia,
  mediaOf,
  parseJob,
  resolveJob,
  soundsOf,
  type ClipSound,
  type GeneratedClip,
  type GeneratorDescription,
  type JobInput,
  type ProgressEvent,
  type ResolvedJob,
  type RunOptions,
  type SuspendedRun,
} from '../../src/pipelines';
import { MemorySink } from '../../src/media';
import { openVideoWriter } from '../../src/media/browser';
import type { GeneratorConnection, ModelOffer } from '../../workers';
import { keptClips } from '../../workers/kept-clips';
import { createOwnMedia } from '../../workers/own-media';
import { integratedLoudness, waveformPart, waveformPeaks, waveformSource, type Waveform } from '../../src/audio';

export const parts = ['works', 'holds', 'no-adapter', 'out-of-memory', 'device-lost'] as const;
/** `holds` stays at step 6; the others say how it ends. */
export type Part = (typeof parts)[number];

const description: GeneratorDescription = {
  adapter: {
    vendor: 'nvidia',
    architecture: 'ada-lovelace',
    device: '',
    description: 'Example GPU (staged)',
    isSoftware: false,
    backend: 'unknown',
  },
  features: { f16: true, subgroups: true, timestamps: true },
  traits: {
    defaults: { width: 64, height: 64, frames: 17, frameRate: 8, steps: 16, guidanceScale: 4 },
    sizeMultiple: 16,
    frameMultiple: 4,
  },
  model: { name: 'embedded', family: 'LTX-Video', weightBytes: 21_700_000, makesSound: false },
};

/** A staged model of picture and sound: its figures are made up. */
const soundDescription: GeneratorDescription = {
  ...description,
  traits: {
    defaults: { width: 128, height: 64, frames: 49, frameRate: 24, steps: 8, guidanceScale: 3 },
    sizeMultiple: 32,
    frameMultiple: 8,
    sound: true,
  },
  model: { name: 'ltx-2-example', family: 'LTX-2.0', weightBytes: 39_400_000_000, makesSound: true },
};

/** A model with conditions: its figures are made up. */
const stagedOffer: ModelOffer = {
  ...{ source: 'Lightricks/LTX-2', name: 'ltx-2', stored: 'none', isOpen: false, readName: 'ltx-2-example' },
  ...{ totalBytes: 39_400_000_000, haveBytes: 0, freeBytes: 120_000_000_000, revision: '0123456789abcdef' },
  licence: 'ltx-2-community-license-agreement',
  licenceLink: 'https://huggingface.co/Lightricks/LTX-2/blob/main/LICENSE',
  licenceText: 'LTX-2 Community License Agreement (staged)\n\n1. Definitions\n2. Grant of licence\n3. Conditions of use',
  files: [
    { path: 'model_index.json', bytes: 900 },
    { path: 'transformer/diffusion_pytorch_model.safetensors', bytes: 37_800_000_000 },
    { path: 'vae/diffusion_pytorch_model.safetensors', bytes: 1_599_000_000 },
  ],
};

const stagedMachine = {
  memory: { liveBytes: 812_000_000, peakBytes: 2_100_000_000 },
  limits: {
    ...{ maxBindGroups: 4, maxBindingsPerBindGroup: 1000, maxBufferSize: 4_294_967_292, maxComputeInvocationsPerWorkgroup: 1024 },
    ...{ maxComputeWorkgroupSizeX: 1024, maxComputeWorkgroupSizeY: 1024, maxComputeWorkgroupSizeZ: 64 },
    ...{ maxComputeWorkgroupStorageSize: 32_768, maxComputeWorkgroupsPerDimension: 65_535 },
    ...{ maxDynamicStorageBuffersPerPipelineLayout: 8, maxDynamicUniformBuffersPerPipelineLayout: 10 },
    ...{ maxStorageBufferBindingSize: 2_147_483_644, maxStorageBuffersPerShaderStage: 10, maxTextureDimension2D: 16_384 },
    ...{ maxUniformBufferBindingSize: 65_536, maxUniformBuffersPerShaderStage: 12 },
    ...{ minStorageBufferOffsetAlignment: 256, minUniformBufferOffsetAlignment: 256 },
  },
};

/** What the sound of a played clip is: `music` to look at, `ramp` whose samples say where in the clip they are. */
export type PlayedSound = 'music' | 'ramp';

export interface PlayedOptions {
  readonly part: Part;
  readonly millisecondsPerStep: number;
  readonly sound: PlayedSound;
  /** Pixels that the staged model of picture and sound is made for: more of them for pictures that are looked at. */
  readonly size?: { readonly width: number; readonly height: number };
}

export function playedGenerator({ part, millisecondsPerStep, sound: kind, size }: PlayedOptions): GeneratorConnection {
  const withSound = {
    ...soundDescription,
    traits: { ...soundDescription.traits, defaults: { ...soundDescription.traits.defaults, ...size } },
  };
  const of = (model?: string): GeneratorDescription => (model === withSound.model.name ? withSound : description);
  const { addSound, addMedia, library } = createOwnMedia();
  let stopped = false;
  let stopModelWork = (): void => undefined;
  /** Steps that unfinished runs have done, by their names. */
  const done = new Map<string, number>();

  const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, millisecondsPerStep));

  async function play(
    input: JobInput,
    onEvent: (event: ProgressEvent) => void,
    { run = '', stopAt = Infinity }: RunOptions = {},
  ): Promise<GeneratedClip | SuspendedRun> {
    const from = done.get(run) ?? 0;
    const { traits, model } = of(input.model);
    const parsed = parseJob(input);
    const job = resolveJob(parsed, traits, await knownMedia(mediaOf(parsed), library, soundsOf(parsed, traits)));
    const { width, height, steps, seed } = job;
    const draw = (phase: number, noise: number) => drawFrame({ width, height, phase, noise, seed });
    stopped = false;
    for (const stage of ['load', 'text'] as const) {
      onEvent({ kind: 'progress', stage, step: 0, steps: 1 });
      await rest();
      onEvent({ kind: 'progress', stage, step: 1, steps: 1 });
    }
    if (part === 'out-of-memory')
      throw new AiprodError('out-of-memory', 'the device has no room for the transformer', { expected: '2.1 GB', found: '0.9 GB free' });
    onEvent({ kind: 'progress', stage: 'denoise', step: from, steps });
    for (let step = from + 1; step <= steps; step++) {
      await rest();
      done.set(run, step);
      onEvent({ kind: 'progress', stage: 'denoise', step, steps, etaSeconds: ((steps - step + 2) * millisecondsPerStep) / 1000 });
      onEvent({ kind: 'preview', step, width, height, pixels: draw(8 / 17, 1 - step / steps) });
      while (part === 'holds' && step === 6 && !stopped) await rest();
      if (part === 'device-lost' && step === 6 && from === 0) throw new AiprodError('device-lost', 'the GPU device was lost: driver reset');
      if (stopped) return { suspended: true, reason: 'cancelled', step, steps };
      if (step >= stopAt && step < steps) return { suspended: true, reason: 'stop-at', step, steps };
    }
    done.delete(run);
    for (const stage of ['decode', 'write'] as const) {
      onEvent({ kind: 'progress', stage, step: 0, steps: 1 });
      await rest();
    }
    const pixels = new Uint8ClampedArray(width * height * 4 * job.frames);
    for (let frame = 0; frame < job.frames; frame++) pixels.set(draw(frame / job.frames, 0), frame * width * height * 4);
    const sound = model.makesSound ? await soundOf(job) : undefined;
    const recipe: GeneratedClip['recipe'] = {
      recipe: 1,
      generator: 'played',
      job: jobForRecipe(job),
      model: { name: model.name, files: {} },
      adapter: { name: 'played', dtype: 'f32' },
    };
    return {
      width,
      height,
      frameRate: job.frameRate,
      frameCount: job.frames,
      pixels,
      file: await fileOf(pixels, { width, height, frameRate: job.frameRate, recipe }, sound?.waveform),
      latents: new Float32Array(0),
      ...(sound === undefined ? {} : { sound }),
      recipe,
    };
  }

  /** The part of the person's own sound that the clip takes, or one that is drawn. */
  async function soundOf({ audio, frames, frameRate }: ResolvedJob): Promise<ClipSound> {
    const seconds = frames / framesPerSecond(frameRate);
    const own = audio === undefined ? null : await library.sound?.(audio.file);
    if (!own) return clipSound(drawSound(kind, seconds));
    const from = Math.round((audio?.start ?? 0) * own.sampleRate);
    return clipSound(waveformPart(own, from, from + Math.round(seconds * own.sampleRate)));
  }

  return {
    addSound,
    addMedia,
    listRuns: () => Promise.resolve([...done.keys()]),
    describe: (model) =>
      part === 'no-adapter' ? Promise.reject(new AiprodError('no-adapter', 'no WebGPU adapter was found')) : Promise.resolve(of(model)),
    fingerprints: () => Promise.resolve({}),
    forecast: ({ model = 'embedded', width = 64, height = 64, frames = 17 }, { memoryBudget } = {}) => {
      const { weightBytes } = of(model).model;
      const needs = { totalBytes: weightBytes + width * height * frames * 1000, weightBytes };
      if (memoryBudget === undefined || needs.totalBytes <= memoryBudget) return Promise.resolve({ fits: true, ...needs });
      return Promise.resolve({ fits: false, ...needs, limitBytes: memoryBudget, nearest: { width: 64, height: 32, frames: 17 } });
    },
    generate: play,
    forget: (run) => {
      done.delete(run);
      return Promise.resolve();
    },
    cancel: () => {
      stopped = true;
      return Promise.resolve();
    },
    listAddOns: () =>
      Promise.resolve([
        { name: 'ink-style.safetensors', kind: 'lora', from: 'models' },
        { name: 'latent_upsampler', kind: 'upsampler', from: 'models' },
      ]),
    listModels: () =>
      Promise.resolve([
        { name: 'embedded', origin: 'embedded', state: 'whole', licence: 'Apache-2.0' },
        { name: 'ltx-2-example', origin: 'folder', state: 'whole', bytes: 39_400_000_000, licence: 'ltx-2-community', from: 'models' },
        {
          ...{ name: 'ltx-video-0.9.5', origin: 'stored', state: 'begun', bytes: 3_100_000_000, totalBytes: 9_800_000_000 },
          ...{ from: 'Lightricks/LTX-Video-0.9.5', licence: 'ltx-video-open-weights' },
        },
        {
          ...{ name: 'wan2.1-t2v-1.3b', origin: 'stored', state: 'whole', bytes: 17_300_000_000, licence: 'apache-2.0' },
          ...{ from: 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers', added: '2026-11-12T10:00:00.000Z' },
          check: { at: '2026-11-28T10:00:00.000Z', damaged: ['transformer/diffusion_pytorch_model-00001-of-00002.safetensors'] },
        },
      ]),
    openFolder: () =>
      Promise.reject(
        new AiprodError('bad-input', 'the folder holds no model', {
          where: 'holiday',
          expected: 'model_index.json with its folders, or a .safetensors or .gguf checkpoint',
          found: '212 other files',
        }),
      ),
    lookUpModel: (source) =>
      source === stagedOffer.source
        ? Promise.resolve(stagedOffer)
        : Promise.reject(new AiprodError('network-failure', 'the hub cannot be reached', { hint: 'Check the network' })),
    forgetOffer: () => Promise.resolve(),
    // It stays where it is until it is stopped.
    fetchModel: (_, __, onProgress) =>
      new Promise((_, reject) => {
        onProgress({ path: 'transformer/diffusion_pytorch_model.safetensors', bytes: 8_400_000_000, totalBytes: 39_400_000_000 });
        stopModelWork = () => reject(new AiprodError('cancelled', 'the download was cancelled'));
      }),
    verifyModel: () =>
      Promise.resolve({
        by: 'structure',
        files: [{ path: 'transformer/diffusion_pytorch_model.safetensors', damaged: [], bytes: { expected: 1, found: 1 } }],
      }),
    hubToken: () => Promise.resolve(undefined),
    keepHubToken: () => Promise.resolve({ since: '2026-11-30T12:00:00.000Z' }),
    forgetHubToken: () => Promise.resolve(),
    mendModel: () => Promise.reject(new AiprodError('server-busy', 'the server does not give the file', { found: 'status 503' })),
    stopModelWork: () => Promise.resolve(stopModelWork()),
    machine: () => Promise.resolve({ ...stagedMachine, adapter: description.adapter, features: description.features }),
    removeModel: () => Promise.resolve(),
    ...keptClips,
    close: () => undefined,
  };
}

/** The frames as a file that plays. */
async function fileOf(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  { width, height, frameRate, recipe }: Pick<GeneratedClip, 'width' | 'height' | 'frameRate' | 'recipe'>,
  waveform: Waveform | undefined,
): Promise<GeneratedClip['file']> {
  const sink = new MemorySink();
  const sound = waveform === undefined ? {} : { sound: { source: waveformSource(waveform) } };
  const writer = await openVideoWriter(sink, { width, height, frameRate, recipe, format: 'mp4', ...sound });
  const frameBytes = width * height * 4;
  for (let frame = 0; (frame + 1) * frameBytes <= pixels.length; frame++) {
    await writer.addFrame(pixels.subarray(frame * frameBytes, (frame + 1) * frameBytes), frame);
  }
  await writer.finish();
  return { bytes: sink.bytes, mimeType: 'video/mp4', codec: 'h264', extension: 'mp4' };
}

interface DrawnFrame {
  readonly width: number;
  readonly height: number;
  /** Of the clip, 0 to 1. */
  readonly phase: number;
  /** Share of noise, 0 to 1. */
  readonly noise: number;
  /** Says the hour of the day, by its colours. */
  readonly seed: number;
}

/** A sun that goes its way over hills. */
function drawFrame({ width, height, phase, noise, seed }: DrawnFrame): Uint8ClampedArray<ArrayBuffer> {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no 2d canvas');
  const hue = 190 + ((seed * 43) % 150);
  const sky = context.createLinearGradient(0, 0, 0, height * 0.8);
  sky.addColorStop(0, `hsl(${hue} 48% 34%)`);
  sky.addColorStop(1, `hsl(${hue + 45} 72% 76%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = `hsl(${24 + ((seed * 11) % 28)} 94% 70%)`;
  context.beginPath();
  const sun = { x: width * (0.18 + 0.64 * phase), y: height * (0.66 - 0.42 * Math.sin(Math.PI * (0.12 + 0.76 * phase))) };
  context.arc(sun.x, sun.y, Math.min(width, height) * 0.12, 0, 2 * Math.PI);
  context.fill();
  for (const [range, light] of [46, 31, 17].entries()) {
    context.fillStyle = `hsl(${hue + 12 * range} 30% ${light}%)`;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x++) {
      const across = (x / width) * (5 + 2 * range) + range * 2.1 + seed + phase * 0.25 * (range + 1);
      context.lineTo(x, height * (0.62 + 0.11 * range - 0.07 * Math.sin(across) - 0.02 * Math.sin(3.3 * across)));
    }
    context.lineTo(width, height);
    context.fill();
  }
  const { data } = context.getImageData(0, 0, width, height);
  if (noise === 0) return data;
  const pixels = new Uint8ClampedArray(data.length);
  let state = 1;
  for (let k = 0; k < data.length; k++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    pixels[k] = k % 4 === 3 ? 255 : data[k] * (1 - noise) + (state >>> 23) * noise;
  }
  return pixels;
}

/** Drum beats that die away under a tone that swells; or a straight line from 0 to 1. */
function drawSound(kind: PlayedSound, seconds: number): Waveform {
  const sampleRate = 24_000;
  const length = Math.round(seconds * sampleRate);
  let state = 7;
  const hiss = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x40000000 - 1;
  };
  const music = (at: number): number => {
    const time = at / sampleRate;
    const sinceBeat = time % 0.5;
    const tone = Math.sin(2 * Math.PI * 220 * time) * (0.5 - 0.5 * Math.cos((2 * Math.PI * time) / seconds));
    return 0.55 * hiss() * Math.exp(-sinceBeat * 14) + 0.3 * tone;
  };
  const samples = Float32Array.from({ length }, (_, at) => (kind === 'ramp' ? at / length : music(at)));
  return { sampleRate, channels: [samples, samples.slice()] };
}

const clipSound = (waveform: Waveform): ClipSound => ({
  waveform,
  peaks: waveformPeaks(waveform),
  loudness: integratedLoudness(waveform),
  // Its pictures are numbers, in which nothing is seen that could be heard.
  sync: { offset: undefined, offsetFrames: undefined, confidence: 0, score: undefined, cues: {} },
});
