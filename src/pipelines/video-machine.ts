import type { GuidancePass, Scheduler, TokenGrid } from '../diffusion';
import type { LtxPositions, Video, VideoShape } from '../models';
import type { AudioParts } from './audio-parts';
import type { NodeEstimate, TensorValue } from './dag';
import type { VelocityModel } from './denoise';
import type { VideoAutoencoder } from './latent-codec';
import type { NoiseSource } from './noise';

/** Prompts as the transformer reads them, the negative one first where there is one. */
export interface EncodedText {
  /** 1 or 2 */
  readonly prompts: number;
  /** [B, M, D] */
  readonly states: Float32Array;
  /** [B, M], 1 for text and 0 for padding */
  readonly mask: Float32Array;
  /** [B, M, D'], as the audio's blocks read the text; absent where a model makes no audio. */
  readonly audioStates?: Float32Array;
}

/** An image as the transformer of image to video reads it. */
export interface GivenImage {
  /** States of the image encoder, [1, K, D]. */
  readonly states: TensorValue;
  /** Channels beside those of the latents, [1, C, F, H, W]: which frames are given, and what they are. */
  readonly condition: TensorValue;
}

/** What an image encoder takes: pictures of so many pixels a side. */
export interface ImageEncoder {
  readonly size: number;
  /** Pixels [1, 3, 1, S, S], -1 to 1, to states [1, K, D]. */
  encode(pixels: Video, signal: AbortSignal): Promise<TensorValue>;
}

/** A first or only pass of denoising, or one that refines enlarged latents. */
export type Stage = 1 | 2;

/** Where tokens are; with coordinates of their own, also where each begins and ends, [3, N, 2] (LTX-2). */
export type TokenPositions = LtxPositions & { readonly bounds?: Float32Array };

export interface TransformerRequest {
  /** Every list of passes that is asked for: see passesOfRun. */
  readonly passes: readonly (readonly GuidancePass[])[];
  readonly positions: TokenPositions;
  /** Whether tokens have timesteps of their own. */
  readonly timesteps: 'sample' | 'token';
  /** Which of two stages it is, for LoRAs that act differently in them. Default the first. */
  readonly stage?: Stage;
  /** Audio that is denoised with the video: its latent frames, and frames of the video a second. */
  readonly audio?: { readonly frames: number; readonly frameRate: number };
  /** Whether there is no video: the sound is denoised by itself. */
  readonly soundAlone?: true;
}

/** A transformer whose weights are at hand. */
export interface TransformerSession {
  readonly model: VelocityModel;
  /** Arithmetic of one prediction of the first list of passes; 0 where it is not known. */
  readonly flops: number;
  /** Decodes latents of one frame while denoising goes on; `every` how many steps it may. Undefined where nobody looks. */
  readonly preview: { readonly every: number; decode(latents: Video): Promise<Video> } | undefined;
}

/** What parts of a model need in memory; only machines with a memory to speak of tell it. */
export interface MachineEstimates {
  text(prompts: readonly string[], stage: Stage): NodeEstimate;
  image(): NodeEstimate;
  encode(shape: VideoShape): NodeEstimate;
  transformer(request: TransformerRequest, latentShape: VideoShape): NodeEstimate;
  upsample(shape: VideoShape): NodeEstimate;
  decode(shape: VideoShape): NodeEstimate;
}

/** The parts of a model, on whatever runs them. A part is at hand only within its call. */
export interface VideoMachine {
  readonly estimates?: MachineEstimates;
  readonly scheduler: Scheduler;
  /** Where tokens are. */
  readonly grid: Omit<TokenGrid, 'frameRate'>;
  /** The draws of a seed. */
  noise(seed: number): NoiseSource;
  encodeText(prompts: readonly string[], stage: Stage, signal: AbortSignal): Promise<EncodedText>;
  withAutoencoder<T>(seed: number, signal: AbortSignal, body: (vae: VideoAutoencoder) => Promise<T>): Promise<T>;
  withTransformer<T>(
    request: TransformerRequest & {
      readonly text: EncodedText;
      readonly image?: GivenImage;
      readonly latentShape: VideoShape;
      readonly seed: number;
    },
    signal: AbortSignal,
    body: (session: TransformerSession) => Promise<T>,
  ): Promise<T>;
  /** Absent where a model reads no images by an encoder of their own. */
  readonly image?: ImageEncoder;
  /** Absent where a model makes no sound. */
  readonly audio?: AudioParts;
  /** Latents in the VAE's units to larger ones. */
  upsample(latents: Video, signal: AbortSignal): Promise<Video>;
}
