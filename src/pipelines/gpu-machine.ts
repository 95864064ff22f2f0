import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { passesKey, type GuidancePass } from '../diffusion';
import {
  compileGraph,
  ParameterStore,
  programFlops,
  ProgramInstance,
  storeParametersAs,
  streamNear,
  type EncodingOf,
  type Graph,
  type ParameterReader,
  type Program,
  type StreamingPlan,
} from '../graph';
import {
  buildLatentUpsamplerGraph,
  decodeTimestepInput,
  decodeTimestepScaleName,
  type LtxPositions,
  type Video,
  type VideoShape,
} from '../models';
import { chooseEncodings, type WeightOption } from '../weights';
import type { NodeEstimate } from './dag';
import type { VelocityModel } from './denoise';
import { decodeLatents, type VideoAutoencoder } from './latent-codec';
import type { VideoMachine, TransformerRequest } from './video-machine';
import { familyOf, type ModelFamily, type RunPart, type TextPart, type VideoModel } from './model-family';
import { seededNoise, type NoiseSource } from './noise';
import type { UpsamplerModel } from './opening/open-upsampler';
import {
  chooseTiling,
  collectChunks,
  latentSize,
  streamDecode,
  streamEncode,
  type Direction,
  type TilingChoice,
  type TilingSettings,
} from './tiling';
import { gpuAudioParts } from './gpu-audio';
import type { ModelWeights } from './opening/model-weights';
import { checkWeights, runForAllFloats, runForFloats, withProgram, type WeightsOf } from './program-run';
import { latentShapeOfPixels, type VideoVae } from './video-vae';

/** A preview may cost this share of the denoising time at most. */
const previewShare = 0.2;

/** What the names of the transformer's blocks begin with, whose weights can be streamed. */
const transformerBlocks = 'transformer_blocks';

export interface GpuMachineOptions {
  readonly model: VideoModel;
  readonly context: GpuContext;
  readonly dtype: 'f32' | 'f16';
  /** Whether a decoder for one frame is held while denoising. */
  readonly previews: boolean;
  readonly upsampler?: UpsamplerModel;
  /** How weights lie in GPU memory. Default plain. */
  readonly weights?: WeightOption;
  /** How the VAE works on what does not fit at once. Default auto. */
  readonly tiling?: TilingSettings;
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
}

/** Programs by shape, compiled once; needs no weights. */
export interface MachinePrograms {
  text(part: TextPart, batch: number): Program;
  /** By the key of the list of passes, see passesKey; in the order of the request. */
  transformer(request: TransformerRequest): ReadonlyMap<string, Program>;
  /** Encodes pixels of a shape, in tiles where they do not fit at once. */
  encoding(shape: VideoShape): TilingChoice;
  /** Decodes latents of a shape, in tiles where they do not fit at once. */
  decoding(shape: VideoShape): TilingChoice;
  /** Decodes latents of a shape at once. */
  decoder(shape: VideoShape): Program;
  upsampler(shape: VideoShape): Program;
}

export function gpuMachine(options: GpuMachineOptions): GpuMachine {
  const { model, context, previews, memoryBudget } = options;
  const family = familyOf(model);
  const programs = machinePrograms(options, family);
  const weights: ModelWeights<string> = model;
  const weightsOf = (component: string): WeightsOf => ({
    read: weights.reader(component),
    check: (wanted) => weights.check(component, wanted),
  });
  const estimate = (program: Program, streaming?: StreamingPlan): NodeEstimate => {
    const { totalBytes, parameterBytes } = streaming?.memory ?? program.memory;
    return { totalBytes, weightBytes: parameterBytes };
  };
  const streamed = (program: Program, prefix: string): StreamingPlan | undefined =>
    memoryBudget === undefined ? undefined : streamNear(program, prefix, memoryBudget);
  const autoencoderOf = async (noise: NoiseSource, signal: AbortSignal, running?: ProgramInstance): Promise<VideoAutoencoder> => {
    const { read } = weightsOf('vae');
    const { vae } = family;
    return {
      statistics: await vae.statistics(read),
      timestepConditioned: vae.timestepConditioned,
      async encode(video) {
        const choice = programs.encoding(video.shape);
        const latentShape = latentShapeOfPixels(vae, video.shape);
        const [batch, channels, frames, rows, columns] = latentShape;
        const source = (async function* () {
          yield video;
        })();
        await checkWeights(weightsOf('vae'), [choice.program]);
        const chunks = streamEncode({ context, vae, choice, latents: latentSize(latentShape), source, read, signal });
        return collectChunks(chunks, [batch, 2 * channels, frames, rows, columns]);
      },
      async *decode(latents, timestep) {
        if (running !== undefined) {
          const inputs = { latents: latents.data, ...(await decoderInputs(family.vae, read, running.program, timestep, noise)) };
          yield { firstFrame: 0, video: videoOf(await runForFloats(running, inputs, 'sample', signal)) };
          return;
        }
        const choice = programs.decoding(latents.shape);
        await checkWeights(weightsOf('vae'), [choice.program]);
        const layerNoise = (draw: number, count: number): Float32Array => noise('decoderLayers', draw, count);
        yield* streamDecode({ context, vae, choice, latents, read, noise: layerNoise, signal, timestep });
      },
    };
  };

  return {
    programs,
    family,
    scheduler: model.scheduler,
    grid: { patch: family.patch, ratios: family.vae.ratios },
    noise: seededNoise,
    estimates: {
      text: (batch) =>
        family.textParts
          .map((part) => {
            const program = programs.text(part, batch);
            return estimate(program, part.blocks === undefined ? undefined : streamed(program, part.blocks));
          })
          .reduce((most, other) => (other.totalBytes > most.totalBytes ? other : most)),
      encode: (shape) => estimate(programs.encoding(shape).program),
      decode: (shape) => estimate(programs.decoding(shape).program),
      upsample: (shape) => estimate(programs.upsampler(shape)),
      transformer(request, latentShape) {
        const own = [...programs.transformer(request).values()]
          .map((program) => estimate(program, streamed(program, transformerBlocks)))
          .reduce((most, other) => (other.totalBytes > most.totalBytes ? other : most));
        const preview = previews ? estimate(programs.decoder(oneFrame(latentShape))) : { totalBytes: 0, weightBytes: 0 };
        return { totalBytes: own.totalBytes + preview.totalBytes, weightBytes: own.weightBytes + preview.weightBytes };
      },
    },

    encodeText(prompts, signal) {
      const run: RunPart = (part, inputs, outputs) => {
        const program = programs.text(part, prompts.length);
        const streaming = part.blocks === undefined ? undefined : streamed(program, part.blocks);
        const encode = (instance: ProgramInstance): Promise<Float32Array[]> => runForAllFloats(instance, inputs, outputs, signal);
        return withProgram(context, weightsOf(part.component), program, encode, streaming);
      };
      return family.encodeText(prompts, run);
    },

    ...(family.audio === undefined ? {} : { audio: gpuAudioParts(options, family.audio, weightsOf) }),

    withAutoencoder: async (seed, signal, body) => body(await autoencoderOf(seededNoise(seed), signal)),

    async withTransformer({ text, latentShape, seed, ...request }, signal, body) {
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
        const program = passPrograms.get(key);
        if (program === undefined) throw new AiprodError('internal', `no program was made for the passes ${key}`);
        current?.instance.destroy();
        current = undefined;
        const streaming = streamed(program, transformerBlocks);
        const instance = await ProgramInstance.create(program, context, parameters, streaming === undefined ? {} : { streaming });
        current = { key, instance };
        const given = { ...family.textInputs(text, passes), ...family.liveLoras.inputs };
        for (const [input, values] of Object.entries(given)) instance.write(input, values);
        return instance;
      };
      const velocity: VelocityModel = {
        async predict(latents, timesteps, passes) {
          const instance = await instanceFor(passes);
          const inputs = family.stepInputs(request, latents, timesteps, passes);
          return family.predictions(passes, await runForAllFloats(instance, inputs, family.outputs, signal));
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

function machinePrograms(options: GpuMachineOptions, family: ModelFamily): MachinePrograms {
  const { model, context, dtype, upsampler, tiling, memoryBudget, weights = 'plain' } = options;
  const all: ModelWeights<string> = model;
  const encodingsOf = (component: string): EncodingOf => chooseEncodings(all.stored(component), weights, dtype);
  const known = new Map<string, Program>();
  const compiled = (key: string, component: string, build: () => { readonly graph: Graph }): Program => {
    const encode = (graph: Graph): Graph => (component === 'upsampler' ? graph : storeParametersAs(graph, encodingsOf(component)));
    const program = known.get(key) ?? compileGraph(encode(build().graph), context);
    known.set(key, program);
    return program;
  };
  const choices = new Map<string, TilingChoice>();
  const tiled = (direction: Direction, latentShape: VideoShape): TilingChoice => {
    const key = `${direction} ${latentShape.join()}`;
    const encodingOf = encodingsOf('vae');
    const request = { direction, vae: family.vae, latentShape, dtype, capabilities: context.capabilities, encodingOf };
    const choice = choices.get(key) ?? chooseTiling({ ...request, settings: tiling, budgetBytes: memoryBudget });
    choices.set(key, choice);
    return choice;
  };
  const sizes = ([batch, , frames, height, width]: VideoShape) => ({ batch, frames, height, width, dtype });
  return {
    text: (part, batch) => compiled(`${part.component} ${batch}`, part.component, () => ({ graph: part.graph(batch, dtype) })),
    transformer(request) {
      const { passes: lists, positions, timesteps, audio } = request;
      const where = positionsKey(positions);
      return new Map(
        lists.map((passes) => {
          const key = `transformer ${JSON.stringify({ passes, timesteps, audio })} ${where}`;
          return [passesKey(passes), compiled(key, 'transformer', () => ({ graph: family.transformerGraph(request, passes, dtype) }))];
        }),
      );
    },
    encoding: (shape) => tiled('encode', latentShapeOfPixels(family.vae, shape)),
    decoding: (shape) => tiled('decode', shape),
    decoder: (shape) => compiled(`decode ${shape.join()}`, 'vae', () => family.vae.decoder(shape, dtype)),
    upsampler: (shape) =>
      compiled(`upsample ${shape.join()}`, 'upsampler', () => {
        if (upsampler === undefined) throw new AiprodError('internal', 'no upsampler was opened');
        return buildLatentUpsamplerGraph(upsampler.config, sizes(shape));
      }),
  };
}

function positionsKey(positions: LtxPositions): string {
  return JSON.stringify('coordinates' in positions ? [...positions.coordinates] : positions);
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

function oneFrame([batch, channels, , height, width]: VideoShape): VideoShape {
  return [batch, channels, 1, height, width];
}

function videoOf({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Video {
  const [batch = 1, channels = 1, frames = 1, rows = 1, columns = 1] = shape;
  return { shape: [batch, channels, frames, rows, columns], data };
}
