/** What every writer and reader of this folder agrees on, in Node and in the browser. */
import type { SoundSource } from '../audio';
import type { YuvPlanes } from './yuv-planes';

/** Frames a second as a fraction: 30000/1001 is `{ numerator: 30000, denominator: 1001 }`. Both are positive whole numbers. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** `png` is a folder of frames (`frame-00000.png`, ...); `y4m` is raw YUV (YUV4MPEG2). */
export type VideoFormat = 'mp4' | 'webm' | 'gif' | 'png' | 'y4m';

export const VIDEO_FORMATS: readonly VideoFormat[] = ['mp4', 'webm', 'gif', 'png', 'y4m'];

/** Codecs that a container of ours may hold: H.264 (AVC), VP9, AV1. */
export type VideoCodec = 'h264' | 'vp9' | 'av1';

/** Codecs of each container, the default first. An empty list: the format is its own codec. */
export const CODECS_OF_FORMAT: Readonly<Record<VideoFormat, readonly VideoCodec[]>> = {
  mp4: ['h264', 'vp9', 'av1'],
  webm: ['vp9', 'av1'],
  gif: [],
  png: [],
  y4m: [],
};

/** Codecs of a clip's sound; Opus is the default in both containers. */
export type AudioCodec = 'opus' | 'aac';

export const AUDIO_CODECS = ['opus', 'aac'] as const satisfies readonly AudioCodec[];

/** Codecs of sound that a container may hold. An empty list: the format has no sound. */
export const AUDIO_CODECS_OF_FORMAT: Readonly<Record<VideoFormat, readonly AudioCodec[]>> = {
  mp4: ['opus', 'aac'],
  webm: ['opus'],
  gif: [],
  png: [],
  y4m: [],
};

/** What a clip sounds like. */
export interface SoundOptions {
  /** One or two channels, from the first frame on: cut, or followed by silence, where the frames end. Read in stretches as frames come. */
  readonly source: SoundSource;
  /** Defaults to Opus. AAC is not to be had everywhere. */
  readonly codec?: AudioCodec;
}

/** How much is given up for a small file; ignored by the formats that lose nothing to it (gif, png, y4m). */
export type Quality = 'low' | 'medium' | 'high' | 'very-high';

export interface VideoWriterOptions {
  /** Pixels. Even for mp4 and webm, whose chroma has half the resolution. */
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
  readonly format: VideoFormat;
  /** Defaults to H.264 in mp4 and VP9 in webm. */
  readonly codec?: VideoCodec;
  /** How the clip was made, as a JSON value; read back with `readRecipe`. Y4M has no room for it. */
  readonly recipe?: unknown;
  /** The clip's sound, in mp4 and webm. */
  readonly sound?: SoundOptions;
  /** Defaults to `high`. */
  readonly quality?: Quality;
  /** Y4M only: chroma at full (`444`, the default) or half (`420`) resolution. */
  readonly chroma?: '444' | '420';
}

/**
 * Writes one clip. The target appears, or is replaced, only when `finish` resolves; after `abort` or an error nothing of
 * it is left behind.
 */
export interface VideoWriter {
  /**
   * @param rgba `width * height * 4` bytes, rows from the top; alpha is ignored, since a generated clip is opaque.
   * @param index 0, 1, 2, ... without a gap. The frame is shown at `index * denominator / numerator` seconds.
   */
  addFrame(rgba: Uint8Array | Uint8ClampedArray, index: number): Promise<void>;
  finish(): Promise<void>;
  /** May be called at any time and more than once; does nothing after `finish`. */
  abort(): Promise<void>;
}

/** Whether this machine can write a format, and with what. */
export interface FormatReport {
  readonly format: VideoFormat;
  readonly available: boolean;
  /** What encodes it here, such as `ffmpeg (libx264)`; null when nothing does. */
  readonly encoder: string | null;
  /** Codecs that work here, the default first; empty where the format is its own codec. */
  readonly codecs: readonly VideoCodec[];
  readonly carriesRecipe: boolean;
  /** Codecs of sound that work here, the default first; empty where the format holds none. */
  readonly audioCodecs: readonly AudioCodec[];
  /** What to install or do for more, or what to expect. */
  readonly note?: string;
}

/** Whole frames from `start` (0 when absent) up to but without `end` (the end of the clip when absent). */
export interface FrameRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * A clip opened for reading. Frames are decoded as they are asked for, so memory does not grow with the length of the clip.
 * Close it when done.
 */
export interface VideoReader {
  /** Pixels of every frame as it is shown, rotation applied. */
  readonly width: number;
  readonly height: number;
  /** null where the file does not say (a folder of frames). */
  readonly frameRate: FrameRate | null;
  readonly frameCount: number;
  /** For people: the format and the codec, such as `MP4 (avc1.64001f)`. */
  readonly description: string;
  /**
   * The frames of a range in the order in which they are shown, each once, with the samples that the file stores.
   * @throws bad-input when the range is none of this clip, or where the file turns out to be damaged.
   */
  pictures(range?: FrameRange): AsyncGenerator<Picture, void, undefined>;
  /** The frame from which on all is decoded for this one: the key frame before it. Absent where every frame stands by itself. */
  keyFrameOf?(frame: number): Promise<number>;
  close(): Promise<void>;
}

/** One frame of a `VideoReader`. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** The luma and chroma samples as they are stored; null where the file stores colours (GIF, PNG) or the frame is turned. */
  readonly planes: YuvPlanes | null;
  /** RGBA8, `width * height * 4` bytes, for the caller to keep. */
  rgba(): Uint8Array;
}

/** One still image: RGBA8, rows from the top. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Decoded frames, all in memory. */
export interface DecodedVideo {
  readonly width: number;
  readonly height: number;
  /** null where the file does not say (a folder of PNG frames). */
  readonly frameRate: FrameRate | null;
  /** RGBA, `width * height * 4` bytes each. */
  readonly frames: readonly Uint8Array[];
}

/** Where bytes of a file go, at any position and in any order; what becomes of them is decided by `close` or `abort`. */
export interface ByteSink {
  /** True of a sink that keeps the whole file in memory, so that nothing is lost by writers that do so too. */
  readonly inMemory?: boolean;
  write(bytes: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** One way of turning frames into a file; wrapped by `checkedWriter`, which guarantees order, sizes and clean-up. */
export interface FrameEncoder {
  encode(rgba: Uint8Array, index: number): Promise<void>;
  /** @param frameCount how many frames were encoded, at least 1. */
  finish(frameCount: number): Promise<void>;
  abort(): Promise<void>;
}
