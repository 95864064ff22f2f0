/**
 * A clip's file as it is written packet by packet, whichever library writes it: `container.ts` (mediabunny) in the studio and in Node,
 * `mp4-muxer.ts` in the core, which has to be small. `clip-muxer.test.ts` holds both to the same.
 */
import type { AudioCodec, FrameRate, VideoCodec } from './types';

/** What the tracks of a file hold. */
export interface MuxerOptions {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
  readonly codec: VideoCodec;
  /** Absent of a silent clip. */
  readonly sound?: MuxedSound;
  /** How the clip was made, as a JSON value; read back with `readRecipe`. */
  readonly recipe?: unknown;
}

export interface MuxedSound {
  readonly codec: AudioCodec;
  /** Hz: 48000 of Opus. */
  readonly sampleRate: number;
  /** 1 or 2. */
  readonly channels: number;
}

/** What an encoder made of one picture. */
export interface CodedPicture {
  readonly data: Uint8Array;
  /** Whether it is decoded without another. */
  readonly key: boolean;
  /** Place among the frames: shown at `frame * denominator / numerator` seconds, for one frame's length. */
  readonly frame: number;
}

/** What an encoder made of a stretch of sound. */
export interface CodedStretch {
  readonly data: Uint8Array;
  /** Samples; what an encoder puts before the sound lies before 0 and is not heard. Each begins where the one before it ends. */
  readonly start: number;
  readonly samples: number;
}

/** A file that is being written. The sink is neither closed nor aborted. */
export interface ClipMuxer {
  /** Frames 0, 1, 2, ... @param config of the decoder, with the first picture at least */
  addPicture(picture: CodedPicture, config?: VideoDecoderConfig): Promise<void>;
  /** Beside the pictures that it is heard with, so that the file is interleaved. @param config of the decoder, with the first at least */
  addSound(stretch: CodedStretch, config?: AudioDecoderConfig): Promise<void>;
  /** Writes what is left, the index of the file among it. */
  finalize(): Promise<void>;
  /** Drops what was not written yet; may be called at any time. */
  cancel(): Promise<void>;
}
