import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { passesKey, perturbationsOfPasses, predictionsOfPasses, type GuidancePass } from '../diffusion';
import {
  addLowRankBranches,
  compileGraph,
  ParameterStore,
  planStreaming,
  programFlops,
  ProgramInstance,
  storeParametersAs,
  type EncodingOf,
  type Graph,
  type Program,
  type StreamingPlan,
} from '../graph';
import {
  buildLatentUpsamplerGraph,
  buildTextEncoderGraph,
  buildTransformerGraph,
  buildVaeDecoderGraph,
  compressionRatios,
  decodeTimestepInput,
  decodeTimestepScaleName,
  type LtxPositions,
  type Video,
  type VideoShape,
} from '../models';
import { encodePrompt } from '../text';
import { chooseEncodings, type WeightOption } from '../weights';
import type { NodeEstimate } from './dag';
import type { VelocityModel } from './denoise';
import { decodeLatents, type VideoAutoencoder } from './latent-codec';
import type { EncodedText, LtxMachine, TransformerRequest } from './ltx-machine';
import type { LtxComponent, LtxModel } from './opening/ltx-model';
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
import { checkWeights, runForFloats, withProgram, type WeightsOf } from './program-run';
import { denoisingInputs, textInputs } from './transformer-inputs';

/** A preview may cost this share of the denoising time at most. */
const previewShare = 0.2;

/** What the names of blocks begin with, whose weights can be streamed. */
const transformerBlocks = 'transformer_blocks';
const textBlocks = 'encoder.block';

export interface GpuMachineOptions {
  readonly model: LtxModel;
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

/** An LTX model on a GPU, with the programs that it runs there. */
export interface GpuMachine extends LtxMachine {
  readonly programs: LtxPrograms;
}

/** Programs by shape, compiled once; needs no weights. */
export interface LtxPrograms {
  textEncoder(batch: number): Program;
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
  const programs = ltxPrograms(options);
  const weightsOf = (component: LtxComponent): WeightsOf => ({
    read: model.reader(component),
    check: (wanted) => model.check(component, wanted),
  });
  const estimate = (program: Program, streaming?: StreamingPlan): NodeEstimate => {
    const { totalBytes, parameterBytes } = streaming?.memory ?? program.memory;
    return { totalBytes, weightBytes: parameterBytes };
  };
  const streamed = (program: Program, prefix: string): StreamingPlan | undefined =>
    memoryBudget === undefined || program.memory.totalBytes <= memoryBudget ? undefined : planStreaming(program, prefix, 2);
  const autoencoderOf = async (noise: NoiseSource, signal: AbortSignal, running?: ProgramInstance): Promise<VideoAutoencoder> => {
    const read = model.reader('vae');
    return {
      statistics: { mean: await read('latents_mean'), std: await read('latents_std'), scalingFactor: model.vae.scaling_factor },
      timestepConditioned: model.vae.timestep_conditioning,
      async encode(video) {
        const choice = programs.encoding(video.shape);
        const latentShape = latentShapeOfPixels(model, video.shape);
        const [batch, channels, frames, rows, columns] = latentShape;
        const source = (async function* () {
          yield video;
        })();
        await checkWeights(weightsOf('vae'), [choice.program]);
        const chunks = streamEncode({ context, config: model.vae, choice, latents: latentSize(latentShape), source, read, signal });
        return collectChunks(chunks, [batch, 2 * channels, frames, rows, columns]);
      },
      async *decode(latents, timestep) {
        if (running !== undefined) {
          const inputs = { latents: latents.data, ...(await decoderInputs(model, running.program, timestep, noise)) };
          yield { firstFrame: 0, video: videoOf(await runForFloats(running, inputs, 'sample', signal)) };
          return;
        }
        const choice = programs.decoding(latents.shape);
        await checkWeights(weightsOf('vae'), [choice.program]);
        const layerNoise = (draw: number, count: number): Float32Array => noise('decoderLayers', draw, count);
        yield* streamDecode({ context, config: model.vae, choice, latents, read, noise: layerNoise, signal, timestep });
      },
    };
  };

  return {
    programs,
    scheduler: model.scheduler,
    grid: { patch: model.transformer, ratios: compressionRatios(model.vae) },
    noise: seededNoise,
    estimates: {
      text(batch) {
        const program = programs.textEncoder(batch);
        return estimate(program, streamed(program, textBlocks));
      },
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

    async encodeText(prompts, signal) {
      const encoded = prompts.map((prompt) => encodePrompt(model.tokenizer, prompt, model.maxSequenceLength));
      const ids = Int32Array.from(encoded.flatMap((prompt) => [...prompt.ids]));
      const mask = Float32Array.from(encoded.flatMap((prompt) => [...prompt.mask]));
      // The LTX pipeline lets the encoder see padding; only the transformer is given the mask.
      const program = programs.textEncoder(prompts.length);
      const encode = async (encoder: ProgramInstance): Promise<EncodedText> => ({
        prompts: prompts.length,
        states: (await runForFloats(encoder, { input_ids: ids }, 'last_hidden_state', signal)).data,
        mask,
      });
      return withProgram(context, weightsOf('text_encoder'), program, encode, streamed(program, textBlocks));
    },

    withAutoencoder: async (seed, signal, body) => body(await autoencoderOf(seededNoise(seed), signal)),

    async withTransformer({ text, latentShape, seed, ...request }, signal, body) {
      const passPrograms = programs.transformer(request);
      const [first] = passPrograms.values();
      const weights = weightsOf('transformer');
      await checkWeights(weights, passPrograms.values());
      const parameters = new ParameterStore(context, weights.read);
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
        const { encoder_hidden_states, encoder_attention_mask } = textInputs(text, passes);
        instance.write('encoder_hidden_states', encoder_hidden_states);
        instance.write('encoder_attention_mask', encoder_attention_mask);
        for (const [input, scale] of Object.entries(options.model.liveLoras.inputs)) instance.write(input, scale);
        return instance;
      };
      const model: VelocityModel = {
        async predict(latents, timesteps, passes) {
          const instance = await instanceFor(passes);
          const { data } = await runForFloats(instance, denoisingInputs(latents, timesteps, passes.length), 'sample', signal);
          return predictionsOfPasses(passes, data);
        },
      };
      const session = { model, flops: programFlops(first) };
      try {
        if (!previews) return await body({ ...session, preview: undefined });
        const decoder = programs.decoder(oneFrame(latentShape));
        const every = Math.max(1, Math.ceil(programFlops(decoder) / Math.max(1, session.flops) / previewShare));
        return await withProgram(context, weightsOf('vae'), decoder, async (instance) => {
          const noise = seededNoise(seed);
          const vae = await autoencoderOf(noise, signal, instance);
          const decode = (latents: Video): Promise<Video> =>
            decodeLatents(vae, latents, options.model.decode, (count) => noise('decode', 0, count));
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

function ltxPrograms(options: GpuMachineOptions): LtxPrograms {
  const { model, context, dtype, upsampler, tiling, memoryBudget, weights = 'plain' } = options;
  const encodingsOf = (component: LtxComponent): EncodingOf => chooseEncodings(model.stored(component), weights, dtype);
  const known = new Map<string, Program>();
  const compiled = (key: string, component: LtxComponent | 'upsampler', build: () => { readonly graph: Graph }): Program => {
    const encode = (graph: Graph): Graph => (component === 'upsampler' ? graph : storeParametersAs(graph, encodingsOf(component)));
    const program = known.get(key) ?? compileGraph(encode(build().graph), context);
    known.set(key, program);
    return program;
  };
  const choices = new Map<string, TilingChoice>();
  const tiled = (direction: Direction, latentShape: VideoShape): TilingChoice => {
    const key = `${direction} ${latentShape.join()}`;
    const encodingOf = encodingsOf('vae');
    const request = { direction, config: model.vae, latentShape, dtype, capabilities: context.capabilities, encodingOf };
    const choice = choices.get(key) ?? chooseTiling({ ...request, settings: tiling, budgetBytes: memoryBudget });
    choices.set(key, choice);
    return choice;
  };
  const sizes = ([batch, , frames, height, width]: VideoShape) => ({ batch, frames, height, width, dtype });
  return {
    textEncoder: (batch) =>
      compiled(`text ${batch}`, 'text_encoder', () =>
        buildTextEncoderGraph(model.textEncoder, { batch, length: model.maxSequenceLength, masked: false, dtype }),
      ),
    transformer({ passes: lists, positions, timesteps }) {
      const where = positionsKey(positions);
      return new Map(
        lists.map((passes) => {
          const perturbations = perturbationsOfPasses(passes);
          const options = { batch: passes.length, positions, timesteps, dtype, textLength: model.maxSequenceLength, perturbations };
          const key = `transformer ${JSON.stringify({ batch: passes.length, perturbations, timesteps })} ${where}`;
          return [
            passesKey(passes),
            compiled(key, 'transformer', () => ({
              graph: addLowRankBranches(buildTransformerGraph(model.transformer, options).graph, model.liveLoras.adapters),
            })),
          ];
        }),
      );
    },
    encoding: (shape) => tiled('encode', latentShapeOfPixels(model, shape)),
    decoding: (shape) => tiled('decode', shape),
    decoder: (shape) => compiled(`decode ${shape.join()}`, 'vae', () => buildVaeDecoderGraph(model.vae, sizes(shape))),
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
  model: LtxModel,
  program: Program,
  timestep: number | undefined,
  noise: NoiseSource,
): Promise<Record<string, Float32Array>> {
  const inputs: Record<string, Float32Array> = {};
  if (model.vae.timestep_conditioning) {
    if (timestep === undefined) throw new AiprodError('internal', 'a timestep-conditioned decoder was given no timestep');
    const [scale] = await model.reader('vae')(decodeTimestepScaleName);
    inputs.timestep_sinusoid = decodeTimestepInput([timestep], scale);
  }
  for (const buffer of program.buffers) {
    if (buffer.kind !== 'input' || !buffer.name.startsWith('noise.')) continue;
    const count = buffer.type.shape.reduce((product, size) => product * size, 1);
    inputs[buffer.name] = noise('decoderLayers', Number(buffer.name.slice('noise.'.length)), count);
  }
  return inputs;
}

/** Of the latents of pixels. */
function latentShapeOfPixels({ vae }: LtxModel, [batch, , frames, height, width]: VideoShape): VideoShape {
  const { spatial, temporal } = compressionRatios(vae);
  return [batch, vae.latent_channels, (frames - 1) / temporal + 1, height / spatial, width / spatial];
}

function oneFrame([batch, channels, , height, width]: VideoShape): VideoShape {
  return [batch, channels, 1, height, width];
}

function videoOf({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Video {
  const [batch = 1, channels = 1, frames = 1, rows = 1, columns = 1] = shape;
  return { shape: [batch, channels, frames, rows, columns], data };
}
