import { passesKey } from '../diffusion';
import { AiprodError } from '../errors';
import { compileGraph, storeParametersAs, type Capabilities, type EncodingOf, type Graph, type Program } from '../graph';
import {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildLatentUpsamplerGraph,
  buildVocoderGraph,
  type VideoShape,
} from '../models';
import { chooseEncodings, type WeightOption } from '../weights';
import type { ModelFamily, EncoderPart, TextShape, VideoModel } from './model-family';
import type { ModelWeights } from './opening/model-weights';
import type { UpsamplerModel } from './opening/open-upsampler';
import { chooseTiling, type Direction, type TilingChoice, type TilingSettings } from './tiling';
import { latentShapeOfPixels } from './video-vae';
import type { TokenPositions, TransformerRequest } from './video-machine';

export interface ProgramsOptions {
  readonly model: VideoModel;
  readonly capabilities: Capabilities;
  readonly dtype: 'f32' | 'f16';
  readonly upsampler?: Pick<UpsamplerModel, 'config'>;
  /** How weights lie in GPU memory. Default plain. */
  readonly weights?: WeightOption;
  /** How the VAE works on what does not fit at once. Default auto. */
  readonly tiling?: TilingSettings;
  /** Most bytes to take: above it, and above what the device can bind, the VAE works in tiles. */
  readonly memoryBudget?: number;
}

/** Programs by shape, compiled once; needs no weights and no device. */
export interface MachinePrograms {
  /** A part that text or an image goes through. */
  encoder(part: EncoderPart, shape: TextShape): Program;
  /** By the key of the list of passes, see passesKey; in the order of the request. */
  transformer(request: TransformerRequest): ReadonlyMap<string, Program>;
  /** Encodes pixels of a shape, in tiles where they do not fit at once. */
  encoding(shape: VideoShape): TilingChoice;
  /** Decodes latents of a shape, in tiles where they do not fit at once. */
  decoding(shape: VideoShape): TilingChoice;
  /** Decodes latents of a shape at once. */
  decoder(shape: VideoShape): Program;
  upsampler(shape: VideoShape): Program;
  /** Of models that make sound. */
  readonly audio: AudioPrograms;
}

export interface AudioPrograms {
  /** Encodes a spectrogram of so many frames and mel bins. */
  encoder(frames: number, melBins: number): Program;
  /** Decodes so many latent frames of so many bins. */
  decoder(frames: number, bins: number): Program;
  /** Makes sound of a spectrogram of so many frames. */
  vocoder(frames: number, channels: number): Program;
}

export function machinePrograms(options: ProgramsOptions, family: ModelFamily): MachinePrograms {
  const { model, capabilities, dtype, upsampler, tiling, memoryBudget, weights = 'plain' } = options;
  const all: ModelWeights<string> = model;
  const encodingsOf = (component: string): EncodingOf => chooseEncodings(all.stored(component), weights, dtype);
  const known = new Map<string, Program>();
  const compiled = (key: string, component: string, build: () => { readonly graph: Graph }): Program => {
    const encode = (graph: Graph): Graph => (component === 'upsampler' ? graph : storeParametersAs(graph, encodingsOf(component)));
    const program = known.get(key) ?? compileGraph(encode(build().graph), { capabilities });
    known.set(key, program);
    return program;
  };
  const choices = new Map<string, TilingChoice>();
  const tiled = (direction: Direction, latentShape: VideoShape): TilingChoice => {
    const key = `${direction} ${latentShape.join()}`;
    const request = { direction, vae: family.vae, latentShape, dtype, capabilities, encodingOf: encodingsOf('vae') };
    const choice = choices.get(key) ?? chooseTiling({ ...request, settings: tiling, budgetBytes: memoryBudget });
    choices.set(key, choice);
    return choice;
  };
  const sizes = ([batch, , frames, height, width]: VideoShape) => ({ batch, frames, height, width, dtype });
  return {
    encoder: (part, shape) =>
      compiled(`${part.component} ${shape.batch} ${shape.length ?? ''} ${shape.stage ?? 1}`, part.component, () => ({
        graph: part.graph(shape, dtype),
      })),
    transformer(request) {
      const { passes: lists, positions, timesteps, stage, audio, soundAlone } = request;
      const where = positionsKey(positions);
      return new Map(
        lists.map((passes) => {
          const key = `transformer ${JSON.stringify({ passes, timesteps, stage, audio, soundAlone })} ${where}`;
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
    audio: {
      encoder: (frames, melBins) =>
        compiled(`encode audio ${frames} ${melBins}`, 'audio_vae', () =>
          buildAudioVaeEncoderGraph(soundOf(model).audioVae, { batch: 1, frames, melBins, dtype }),
        ),
      decoder: (frames, bins) =>
        compiled(`decode audio ${frames} ${bins}`, 'audio_vae', () =>
          buildAudioVaeDecoderGraph(soundOf(model).audioVae, { batch: 1, frames, bins, dtype }),
        ),
      vocoder: (frames, channels) =>
        compiled(`vocode ${frames} ${channels}`, 'vocoder', () =>
          buildVocoderGraph(soundOf(model).vocoder, { batch: 1, channels, frames, dtype }),
        ),
    },
  };
}

function soundOf(model: VideoModel) {
  if ('audioVae' in model) return model;
  throw new AiprodError('internal', 'the model makes no sound');
}

function positionsKey(positions: TokenPositions): string {
  return JSON.stringify('coordinates' in positions ? [...positions.coordinates, ...(positions.bounds ?? [])] : positions);
}
