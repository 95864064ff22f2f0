import type { Waveform } from '../../audio';
import type { HostTensor } from '../../graph';
import type { VideoReader } from '../../media';
import type { ClipSize } from '../resolution-buckets';

/** Tensors of one file, by name. */
export type EncodedTensors = Readonly<Record<string, HostTensor>>;

/** What turns media and captions into what a model is trained on. */
export interface SampleEncoder {
  /** By what results are recognised: weights, configuration, type. */
  readonly identity: { readonly video: string; readonly text: string; readonly sound: string; readonly image?: string };
  /** Pixels that sides are a multiple of. */
  readonly sizeMultiple: number;
  /** Frames are a multiple of it, plus 1. */
  readonly frameMultiple: number;
  /** Pixels, and frames, that a latent stands for. */
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  /** The first frames of a clip, resized and cut to the size: `latents` [C, F, H, W] in the model's units. */
  encodeVideo(clip: VideoReader, size: ClipSize, signal: AbortSignal): Promise<EncodedTensors>;
  /** The first frame, as models of image to video read it: `condition` [C, F, H, W] beside the latents, `image_embeds` [K, D]. */
  encodeImage?(clip: VideoReader, size: ClipSize, signal: AbortSignal): Promise<EncodedTensors>;
  /** Absent where the model has no sound. */
  readonly sound?: SoundEncoder;
  /** `prompt_embeds` [T, D] and `prompt_mask` [T] of each caption, and `audio_prompt_embeds` where the model has sound. */
  encodeTexts(captions: readonly string[], signal: AbortSignal): Promise<EncodedTensors[]>;
}

/** What turns sound into latents. */
export interface SoundEncoder {
  /** Latents a second. */
  readonly latentsPerSecond: number;
  /** A part of the sound, silent where it ends: `latents` [C, T, M]. */
  encode(sound: Waveform, part: SoundPart, signal: AbortSignal): Promise<EncodedTensors>;
}

/** Part of a sound: as long as so many frames of a clip. */
export interface SoundPart {
  /** Seconds. */
  readonly start: number;
  readonly frames: number;
  readonly frameRate: { readonly numerator: number; readonly denominator: number };
}

/** What writes captions. */
export interface Captioner {
  /** By what its captions are recognised. */
  readonly identity: string;
  /** @param rgba `width * height * 4` bytes of a picture that stands for the clip */
  caption(picture: { readonly width: number; readonly height: number; readonly rgba: Uint8Array }, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
