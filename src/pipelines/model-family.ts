import { AiprodError } from '../errors';
import type { GuidancePass, Guidance, PatchSize } from '../diffusion';
import type { DeviceTensor, Graph } from '../graph';
import type { AudioLayout } from './audio-parts';
import type { Json } from './dag';
import type { DecodeSettings } from './latent-codec';
import { ltxFamily } from './ltx-family';
import { ltx2Family } from './ltx2-family';
import { wanFamily } from './wan-family';
import type { EncodedText, GivenImage, Stage, TransformerRequest } from './video-machine';
import type { LtxModel } from './opening/ltx-model';
import type { Ltx2Model } from './opening/ltx2-model';
import type { WanModel } from './opening/wan-model';
import type { VideoVae } from './video-vae';

/** A model that machines run, of picture alone or of picture and sound. */
export type VideoModel = LtxModel | Ltx2Model | WanModel;

/** A part that text or an image goes through before the transformer, as a component of a model. */
export interface EncoderPart {
  readonly component: string;
  /** What the names of blocks begin with, whose weights can be streamed; undefined where it is small. */
  readonly blocks: string | undefined;
  graph(shape: TextShape, dtype: 'f32' | 'f16'): Graph;
}

/** How prompts, or images, are encoded together. */
export interface TextShape {
  /** Prompts or images. */
  readonly batch: number;
  /** Tokens of each, padding included; absent where it is always the same. */
  readonly length?: number;
  /** For LoRAs that act on the text differently in two stages. Default the first. */
  readonly stage?: Stage;
}

/** Inputs of a run of a program. */
export type FloatInputs = Readonly<Record<string, Float32Array>>;

/** Inputs of a part: values, or what an earlier part left on the device. */
export type PartInputs = Readonly<Record<string, Float32Array | Int32Array | DeviceTensor>>;

export interface RunPart {
  /** Runs a part's program for one of its outputs after another. */
  (part: EncoderPart, inputs: PartInputs, outputs: readonly string[]): Promise<Float32Array[]>;
  /** Runs a part's program whose only output is for the next part, and stays on the device until `body` ends. */
  keeping<T>(part: EncoderPart, inputs: PartInputs, output: string, body: (kept: DeviceTensor) => Promise<T>): Promise<T>;
}

/** How given latents take part in denoising. */
export interface GivenTokens {
  /** Whether key frames and reference videos are tokens before all others (`LTXConditionPipeline`) or after them (LTX-2). */
  readonly keyframes: 'front' | 'end';
  /** How tokens that are given to a degree are drawn towards it; see DenoiseSettings. */
  readonly guide: 'guide' | 'guide-at-one-level';
}

/** What differs between the families of models, for machines, plans and graphs. */
export interface ModelFamily {
  /** For people: `LTX-Video`, `LTX-2.3`. */
  readonly title: string;
  /** How latents are cut into tokens. */
  readonly patch: PatchSize;
  readonly vae: VideoVae;
  readonly decode: DecodeSettings;
  /** Blocks that spatio-temporal guidance leaves out where a job does not say which. */
  readonly stgBlocks: readonly number[];
  readonly guidanceSpace: Guidance['space'];
  /** How what is given takes part in denoising. */
  readonly conditions: GivenTokens;
  /** What is made known of the configuration of each part by which results are recognised. */
  readonly identity: { readonly text: Json; readonly transformer: Json; readonly audio: Json; readonly image: Json };
  /** Absent where a model makes no sound. */
  readonly audio?: AudioLayout;
  /** Absent where images are no more than latents: then they take the place of some. */
  readonly image?: ImageInput;
  /** None where another runtime has the text encoder. */
  readonly textParts: readonly EncoderPart[];
  /** How many tokens prompts are encoded with, padding included, where their own number counts. */
  readonly textLengths?: {
    ofPrompts(prompts: readonly string[]): number;
    /** @param tokens of the longest prompt */
    ofTokens(tokens: number): number;
  };
  /** Runs the parts, or an encoder of another runtime where there are none. */
  encodeText(prompts: readonly string[], shape: TextShape, run: RunPart, signal: AbortSignal): Promise<EncodedText>;
  transformerGraph(request: TransformerRequest, passes: readonly GuidancePass[], dtype: 'f32' | 'f16'): Graph;
  /** What the names of the transformer's blocks begin with, whose weights can be streamed. */
  readonly transformerBlocks: string;
  /** Outputs of the transformer that {@link ModelFamily.predictions} takes. */
  outputs(request: Pick<TransformerRequest, 'soundAlone'>): readonly string[];
  /** Scales of the LoRAs that act in a stage, as inputs of the transformer. */
  loraInputs(stage: Stage | undefined): FloatInputs;
  textInputs(text: EncodedText, passes: readonly GuidancePass[], image: GivenImage | undefined): FloatInputs;
  stepInputs(request: TransformerRequest, latents: Float32Array, timesteps: Float32Array, passes: readonly GuidancePass[]): FloatInputs;
  /** Predictions by the names of their passes. */
  predictions(
    request: TransformerRequest,
    passes: readonly GuidancePass[],
    outputs: readonly Float32Array[],
  ): Readonly<Record<string, Float32Array>>;
}

/** How a model reads an image that is to be the first frame: by an encoder of its own, and beside the latents. */
export interface ImageInput {
  readonly part: EncoderPart;
  /** Pixels a side of what the encoder takes. */
  readonly size: number;
  /** Inputs of the encoder for pixels [3, S, S], -1 to 1, and its output. */
  inputs(pixels: Float32Array): FloatInputs;
  readonly output: string;
}

/** What families are called in messages. */
const familyNames = { 'ltx-video': 'LTX-Video', 'ltx-2': 'LTX-2', wan: 'Wan 2.1' } as const;

/**
 * A model of LTX-Video.
 * @param what for: begins the message
 * @throws AiprodError `unsupported-model` for another family
 */
export function requireLtxVideo(model: VideoModel, what: string): LtxModel {
  if (model.family === 'ltx-video') return model;
  throw new AiprodError('unsupported-model', `${what}: only with LTX-Video so far`, {
    where: model.name,
    expected: 'an LTX-Video model',
    found: familyNames[model.family],
  });
}

/** The family of a model. */
export function familyOf(model: VideoModel): ModelFamily {
  switch (model.family) {
    case 'ltx-video':
      return ltxFamily(model);
    case 'ltx-2':
      return ltx2Family(model);
    case 'wan':
      return wanFamily(model);
  }
}
