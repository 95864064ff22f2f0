import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { passesKey, type GuidancePass } from '../diffusion';
import { DeviceTensor, ParameterStore, programFlops, ProgramInstance, type ParameterReader, type Program } from '../graph';
import { decodeTimestepInput, decodeTimestepScaleName, type Video } from '../models';
import type { TensorValue } from './dag';
import type { VelocityModel } from './denoise';
import { encodeFinite } from './finite-encoding';
import { gpuAudioParts } from './gpu-audio';
import { decodeLatents, type VideoAutoencoder } from './latent-codec';
import { machineMemory, oneFrame, textShapeOf, type MachineMemory } from './machine-memory';
import { machinePrograms, type MachinePrograms, type ProgramsOptions } from './machine-programs';
import {
  familyOf,
  type EncoderPart,
  type FloatInputs,
  type ImageInput,
  type ModelFamily,
  type PartInputs,
  type RunPart,
  type TextShape,
} from './model-family';
import { seededNoise, type NoiseSource } from './noise';
import type { ModelWeights } from './opening/model-weights';
import type { UpsamplerModel } from './opening/open-upsampler';
import { checkWeights, runForAllFloats, runForFloats, withProgram, type WeightsOf } from './program-run';
import { collectChunks, latentSize, programsOfChoice, streamDecode, streamEncode } from './tiling';
import type { ImageEncoder, VideoMachine } from './video-machine';
import { latentShapeOfPixels, type VideoVae } from './video-vae';

/** A preview may cost this share of the denoising time at most. */
const previewShare = 0.2;

export interface GpuMachineOptions extends Omit<ProgramsOptions, 'capabilities' | 'upsampler'> {
  readonly context: GpuContext;
  /** Whether a decoder for one frame is held while denoising. */
  readonly previews: boolean;
  readonly upsampler?: UpsamplerModel;
  /**
   * Most bytes to take: above it, and above what the device can bind, the VAE works in tiles; above it, the transformer's and the
   * text encoder's blocks are streamed.
   */
  readonly memoryBudget?: number;
}

/** A model on a GPU, with the programs that it runs there. */
export interface GpuMachine extends VideoMachine {
  readonly family: ModelFamily;
  readonly programs: MachinePrograms;
  readonly estimates: MachineMemory;
}

export function gpuMachine(options: GpuMachineOptions): GpuMachine {
  const { model, context, previews } = options;
  const family = familyOf(model);
  const programs = machinePrograms({ ...options, capabilities: context.capabilities }, family);
  let full: MachinePrograms | undefined;
  const inFull = (): MachinePrograms =>
    (full ??= machinePrograms({ ...options, dtype: 'f32', capabilities: context.capabilities }, family));
  const encoding = { own: programs, inFull: options.dtype === 'f32' ? undefined : inFull };
  const memory = machineMemory(programs, { ...options, family });
  const weights: ModelWeights<string> = model;
  const weightsOf = (component: string): WeightsOf => ({
    read: weights.reader(component),
    check: (wanted) => weights.check(component, wanted),
  });
  const autoencoderOf = async (noise: NoiseSource, signal: AbortSignal, running?: ProgramInstance): Promise<VideoAutoencoder> => {
    const { read } = weightsOf('vae');
    const { vae } = family;
    return {
      statistics: await vae.statistics(read),
      timestepConditioned: vae.timestepConditioned,
      encode: (video) =>
        encodeFinite('pictures', encoding, async (by) => {
          const choice = by.encoding(video.shape);
          const latentShape = latentShapeOfPixels(vae, video.shape);
          const [batch, channels, frames, rows, columns] = latentShape;
          const source = (async function* () {
            yield video;
          })();
          await checkWeights(weightsOf('vae'), programsOfChoice(choice));
          const chunks = streamEncode({ context, vae, choice, latents: latentSize(latentShape), source, read, signal });
          return collectChunks(chunks, [batch, 2 * channels, frames, rows, columns]);
        }),
      async *decode(latents, timestep) {
        if (running !== undefined) {
          const inputs = { latents: latents.data, ...(await decoderInputs(family.vae, read, running.program, timestep, noise)) };
          yield { firstFrame: 0, video: videoOf(await runForFloats(running, inputs, 'sample', signal)) };
          return;
        }
        const choice = programs.decoding(latents.shape);
        await checkWeights(weightsOf('vae'), programsOfChoice(choice));
        const layerNoise = (draw: number, count: number): Float32Array => noise('decoderLayers', draw, count);
        yield* streamDecode({ context, vae, choice, latents, read, noise: layerNoise, signal, timestep });
      },
    };
  };

  const imageEncoder = ({ part, size, inputs, output }: ImageInput): ImageEncoder => ({
    size,
    encode(pixels, signal) {
      const { program, streaming } = memory.plans.encoder(part, { batch: 1 });
      const encode = (instance: ProgramInstance): Promise<TensorValue> => runForFloats(instance, inputs(pixels.data), output, signal);
      return withProgram(context, weightsOf(part.component), program, encode, streaming);
    },
  });

  const partRunner = (shape: TextShape, signal: AbortSignal): RunPart => {
    const within = <T>(
      part: EncoderPart,
      inputs: PartInputs,
      onDevice: (name: string) => boolean,
      body: (instance: ProgramInstance, values: HostInputs) => Promise<T>,
    ): Promise<T> => {
      const { program, streaming } = memory.plans.encoder(part, shape);
      const { given, values } = apart(inputs);
      const run = (instance: ProgramInstance): Promise<T> => body(instance, values);
      return withProgram(context, weightsOf(part.component), program, run, streaming, { onDevice, given });
    };
    const run = (part: EncoderPart, inputs: PartInputs, outputs: readonly string[]): Promise<Float32Array[]> =>
      within(
        part,
        inputs,
        () => false,
        (instance, values) => runForAllFloats(instance, values, outputs, signal),
      );
    return Object.assign(run, {
      async keeping<T>(part: EncoderPart, inputs: PartInputs, output: string, body: (kept: DeviceTensor) => Promise<T>): Promise<T> {
        const kept = await within(
          part,
          inputs,
          (name) => name === output,
          async (instance, values) => {
            await instance.run(values, { signal });
            return instance.keep(output);
          },
        );
        try {
          return await body(kept);
        } finally {
          kept.destroy();
        }
      },
    });
  };

  return {
    programs,
    family,
    scheduler: model.scheduler,
    grid: { patch: family.patch, ratios: family.vae.ratios },
    noise: seededNoise,
    estimates: memory,

    encodeText(prompts, stage, signal) {
      const shape = textShapeOf(family, prompts, stage);
      return family.encodeText(prompts, shape, partRunner(shape, signal), signal);
    },

    ...(family.image === undefined ? {} : { image: imageEncoder(family.image) }),

    ...(family.audio === undefined
      ? {}
      : { audio: gpuAudioParts({ model, context, encoding, programs: programs.audio, memory, layout: family.audio, weightsOf }) }),

    withAutoencoder: async (seed, signal, body) => body(await autoencoderOf(seededNoise(seed), signal)),

    async withTransformer({ text, image, latentShape, seed, ...request }, signal, body) {
      const passPrograms = programs.transformer(request);
      const [first] = passPrograms.values();
      const ofTransformer = weightsOf('transformer');
      await checkWeights(ofTransformer, passPrograms.values());
      const parameters = new ParameterStore(context, ofTransformer.read);
      // One list of passes has its working memory at a time; the weights serve all.
      let current: { readonly key: string; readonly instance: ProgramInstance } | undefined;
      const instanceFor = async (passes: readonly GuidancePass[]): Promise<ProgramInstance> => {
        const key = passesKey(passes);
        if (current?.key === key) return current.instance;
        const { program, streaming } = memory.plans.transformer(request, latentShape, passes);
        current?.instance.destroy();
        current = undefined;
        const instance = await ProgramInstance.create(program, context, parameters, streaming === undefined ? {} : { streaming });
        current = { key, instance };
        const given = { ...family.textInputs(text, passes, image), ...family.loraInputs(request.stage) };
        for (const [input, values] of Object.entries(takenBy(program, given))) instance.write(input, values);
        return instance;
      };
      const velocity: VelocityModel = {
        async predict(latents, timesteps, passes) {
          const instance = await instanceFor(passes);
          const inputs = takenBy(instance.program, family.stepInputs(request, latents, timesteps, passes));
          return family.predictions(request, passes, await runForAllFloats(instance, inputs, family.outputs(request), signal));
        },
      };
      const session = { model: velocity, flops: programFlops(first) };
      try {
        if (!previews) return await body({ ...session, preview: undefined });
        const decoder = programs.decoder(oneFrame(latentShape));
        const every = Math.max(1, Math.ceil(programFlops(decoder) / Math.max(1, session.flops) / previewShare));
        return await withProgram(context, weightsOf('vae'), decoder, async (instance) => {
          const noise = seededNoise(seed);
          const vae = await autoencoderOf(noise, signal, instance);
          const decode = (latents: Video): Promise<Video> =>
            decodeLatents(vae, latents, family.decode, (count) => noise('decode', 0, count));
          return body({ ...session, preview: { every, decode } });
        });
      } finally {
        current?.instance.destroy();
        parameters.destroy();
      }
    },

    upsample({ shape, data }, signal) {
      const { upsampler } = options;
      if (upsampler === undefined) throw new AiprodError('internal', 'no upsampler was opened');
      return withProgram(context, upsampler, programs.upsampler(shape), async (instance) =>
        videoOf(await runForFloats(instance, { latents: data }, 'sample', signal)),
      );
    },
  };
}

type HostInputs = Record<string, Float32Array | Int32Array>;

/** What is on the device already, and what has to be written. */
function apart(inputs: PartInputs): { readonly given: ReadonlyMap<string, DeviceTensor>; readonly values: HostInputs } {
  const given = new Map<string, DeviceTensor>();
  const values: HostInputs = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (value instanceof DeviceTensor) given.set(name, value);
    else values[name] = value;
  }
  return { given, values };
}

/** Of a family's inputs those that a program has: without a picture or a LoRA some have no use. */
function takenBy(program: Program, inputs: FloatInputs): FloatInputs {
  const names = new Set(program.buffers.flatMap((buffer) => (buffer.kind === 'input' ? [buffer.name] : [])));
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => names.has(name)));
}

/** What a decoder takes besides latents: its timestep, and noise where it injects some. */
async function decoderInputs(
  vae: VideoVae,
  read: ParameterReader,
  program: Program,
  timestep: number | undefined,
  noise: NoiseSource,
): Promise<Record<string, Float32Array>> {
  const inputs: Record<string, Float32Array> = {};
  if (vae.timestepConditioned) {
    if (timestep === undefined) throw new AiprodError('internal', 'a timestep-conditioned decoder was given no timestep');
    const [scale] = await read(decodeTimestepScaleName);
    inputs.timestep_sinusoid = decodeTimestepInput([timestep], scale);
  }
  for (const buffer of program.buffers) {
    if (buffer.kind !== 'input' || !buffer.name.startsWith('noise.')) continue;
    const count = buffer.type.shape.reduce((product, size) => product * size, 1);
    inputs[buffer.name] = noise('decoderLayers', Number(buffer.name.slice('noise.'.length)), count);
  }
  return inputs;
}

function videoOf({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Video {
  const [batch = 1, channels = 1, frames = 1, rows = 1, columns = 1] = shape;
  return { shape: [batch, channels, frames, rows, columns], data };
}
