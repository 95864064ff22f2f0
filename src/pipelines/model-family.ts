import { AiprodError } from '../errors';
import type { GuidancePass, Guidance, PatchSize } from '../diffusion';
import type { Graph } from '../graph';
import type { LiveLoras } from '../weights';
import type { AudioLayout } from './audio-parts';
import type { Json } from './dag';
import type { DecodeSettings } from './latent-codec';
import { ltxFamily } from './ltx-family';
import { ltx2Family } from './ltx2-family';
import type { EncodedText, TransformerRequest } from './video-machine';
import type { LtxModel } from './opening/ltx-model';
import type { Ltx2Model } from './opening/ltx2-model';
import type { VideoVae } from './video-vae';

/** A model that machines run, of picture alone or of picture and sound. */
export type VideoModel = LtxModel | Ltx2Model;

/** Names of the parts that text goes through, in their order, as the components of a model. */
export interface TextPart {
  readonly component: string;
  /** What the names of blocks begin with, whose weights can be streamed; undefined where it is small. */
  readonly blocks: string | undefined;
  graph(shape: TextShape, dtype: 'f32' | 'f16'): Graph;
}

/** How prompts are encoded together. */
export interface TextShape {
  /** Prompts. */
  readonly batch: number;
  /** Tokens of each, padding included; absent where it is always the same. */
  readonly length?: number;
}

/** Inputs of a run of a program. */
export type FloatInputs = Readonly<Record<string, Float32Array>>;

/** Runs a part's program for one of its outputs after another. */
export type RunPart = (
  part: TextPart,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  outputs: readonly string[],
) => Promise<Float32Array[]>;

/** What differs between the families of models, for machines, plans and graphs. */
export interface ModelFamily {
  /** How latents are cut into tokens. */
  readonly patch: PatchSize;
  readonly vae: VideoVae;
  readonly decode: DecodeSettings;
  /** Blocks that spatio-temporal guidance leaves out where a job does not say which. */
  readonly stgBlocks: readonly number[];
  readonly guidanceSpace: Guidance['space'];
  /** What is made known of the configuration of each part by which results are recognised. */
  readonly identity: { readonly text: Json; readonly transformer: Json; readonly audio: Json };
  readonly liveLoras: Pick<LiveLoras, 'adapters' | 'inputs'>;
  /** Absent where a model makes no sound. */
  readonly audio?: AudioLayout;
  /** None where another runtime has the text encoder. */
  readonly textParts: readonly TextPart[];
  /** How many tokens prompts are encoded with, padding included, where their own number counts. */
  readonly textLengths?: {
    ofPrompts(prompts: readonly string[]): number;
    /** @param tokens of the longest prompt */
    ofTokens(tokens: number): number;
  };
  /** Runs the parts, or an encoder of another runtime where there are none. */
  encodeText(prompts: readonly string[], shape: TextShape, run: RunPart, signal: AbortSignal): Promise<EncodedText>;
  transformerGraph(request: TransformerRequest, passes: readonly GuidancePass[], dtype: 'f32' | 'f16'): Graph;
  /** Outputs of the transformer that {@link ModelFamily.predictions} takes. */
  readonly outputs: readonly string[];
  textInputs(text: EncodedText, passes: readonly GuidancePass[]): FloatInputs;
  stepInputs(request: TransformerRequest, latents: Float32Array, timesteps: Float32Array, passes: readonly GuidancePass[]): FloatInputs;
  /** Predictions by the names of their passes. */
  predictions(passes: readonly GuidancePass[], outputs: readonly Float32Array[]): Readonly<Record<string, Float32Array>>;
}

/**
 * A model of LTX-Video.
 * @param what for: begins the message
 * @throws AiprodError `unsupported-model` for another family
 */
export function requireLtxVideo(model: VideoModel, what: string): LtxModel {
  if (!('connectors' in model)) return model;
  throw new AiprodError('unsupported-model', `${what}: only with LTX-Video so far`, {
    where: model.name,
    expected: 'an LTX-Video model',
    found: 'LTX-2',
  });
}

/** The family of a model. */
export function familyOf(model: VideoModel): ModelFamily {
  return 'connectors' in model ? ltx2Family(model) : ltxFamily(model);
}
