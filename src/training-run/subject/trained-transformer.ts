import type { PatchSize } from '../../diffusion';
import type { Graph } from '../../graph';
import type { LtxPositions } from '../../models';
import type { VideoModel } from '../../pipelines';
import type { StreamPart, StrategyInputs } from '../../training';
import { trainedLtx2 } from './trained-ltx2';
import { trainedLtxVideo } from './trained-ltx-video';
import { trainedWan } from './trained-wan';

/** Shapes that a transformer's graph is traced for. */
export interface TransformerShape {
  readonly batch: number;
  /** Latent frames, rows and columns of each clip. */
  readonly latents: readonly [frames: number, height: number, width: number];
  readonly positions: LtxPositions;
  /** Where each token begins and ends, [3, N, 2], where places are not the grid's (LTX-2). */
  readonly bounds?: Float32Array;
  /** Frames a second. */
  readonly frameRate: number;
  readonly textLength: number;
  readonly timesteps: 'sample' | 'token';
  readonly video: StreamPart;
  readonly audio: AudioShape;
}

/** The sound of a batch. */
export interface AudioShape {
  readonly part: StreamPart;
  /** Latent frames; 1 where there is no sound. */
  readonly frames: number;
  /** Whether the clips of the batch have none, in a set whose others have. */
  readonly silent: boolean;
  /** Whether each latent has a noise level of its own, because some are given. */
  readonly timesteps: 'sample' | 'token';
}

/** No sound at all. */
export const noAudio: AudioShape = { part: 'none', frames: 1, silent: false, timesteps: 'sample' };

/** What a stream is shown, and what it shall predict; zeros of one token where there is none. */
export interface StreamBatch extends Pick<StrategyInputs, 'noisy' | 'target'> {
  /** Noise levels, one for each sample or token. */
  readonly levels: Float32Array;
  /** Noise levels of the samples, [B]. */
  readonly sampleLevels: Float32Array;
}

/** A batch whose text is known. */
export interface TransformerBatch {
  readonly video: StreamBatch;
  /** Of models of picture and sound. */
  readonly audio?: StreamBatch;
  readonly text: TextBatch;
  /** Of models of image to video. */
  readonly image?: ImageBatch;
}

/** First frames of a batch, as `aiprod preprocess` writes them. */
export interface ImageBatch {
  /** [B, C, F, H, W], beside the latents. */
  readonly condition: Float32Array;
  /** [B, K, D] of the image encoder. */
  readonly states: Float32Array;
}

/** Captions of a batch. */
export interface TextBatch {
  /** [B, M, D] */
  readonly states: Float32Array;
  /** [B, M, D'], as the blocks of the sound read it; of models of picture and sound. */
  readonly audioStates?: Float32Array;
  /** [B, M] */
  readonly mask: Float32Array;
}

/** What differs between the transformers of the families when they are trained. */
export interface TrainedTransformer {
  readonly latentChannels: number;
  /** Width of the text's states. */
  readonly textWidth: number;
  readonly patch: PatchSize;
  /** Pixels a side, and frames, of one latent pixel. */
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  /** Whether tokens may have noise levels and places of their own, so that some of a clip can be given. */
  readonly givesTokens: boolean;
  /** Of models of picture and sound: numbers of a token of sound, and width of the text that its blocks read. */
  readonly audio?: { readonly features: number; readonly textWidth: number };
  /** Of models of image to video: channels beside the latents, tokens of an image and their width. */
  readonly image?: { readonly channels: number; readonly tokens: number; readonly width: number };
  /** Before fusion; its outputs `sample`, and `audio_sample` of models of picture and sound, are velocities. */
  graph(shape: TransformerShape, dtype: 'f32' | 'f16'): Graph;
  /** What the graph reads, with `target` (and `audio_target`) in the order of its predictions. */
  inputs(batch: TransformerBatch, shape: TransformerShape): Record<string, Float32Array>;
}

/** How a model's transformer is trained. @throws AiprodError 'unsupported-model' for what is not trained */
export function trainedTransformer(model: VideoModel): TrainedTransformer {
  switch (model.family) {
    case 'ltx-video':
      return trainedLtxVideo(model);
    case 'wan':
      return trainedWan(model);
    case 'ltx-2':
      return trainedLtx2(model);
  }
}
