/**
 * Media in the browser: MP4 and WebM by WebCodecs through mediabunny, MP4 by WebAssembly where the browser has no H.264
 * encoder, GIF and Y4M. What the browser encodes is asked, not assumed. Works in a page and in a Web Worker.
 */
import type * as H264Module from 'h264-mp4-encoder';
import { BlobSource, canEncodeVideo, VideoSample, VideoSampleSource } from 'mediabunny';
import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import { blobSource, memorySource } from '../weights';
import { browserAudioHost } from './browser-audio';
import { browserDecoderHost } from './browser-decoder';
import { checkedWriter, checkWriterOptions } from './checked-writer';
import { compressImage as compressImageWith } from './compress-image';
import { CLIP_COLOR_SPACE, startOutput, type ClipOptions } from './container';
import { checkSize, collectFrames } from './frame-range';
import { secondsOfFrame } from './frame-rate';
import { openGifEncoder } from './gif';
import type { ImageKind } from './media-kind';
import { openMedia, readStill, type MediaHost } from './open-media';
import type { SoundFile } from './sound-file';
import { openSoundOf, readSoundOf, soundFactsOf, type SoundFacts } from './sound-reader';
import { encodableCodecs, openSoundTrack } from './sound-track';
import {
  CODECS_OF_FORMAT,
  type ByteSink,
  type DecodedImage,
  type DecodedVideo,
  type FormatReport,
  type FrameEncoder,
  type FrameRange,
  type VideoCodec,
  type VideoReader,
  type VideoWriter,
  type VideoWriterOptions,
} from './types';
import { openWasmH264Encoder } from './wasm-h264';
import { encodingConfig, type ClipShape } from './webcodecs-config';
import { openY4mEncoder } from './y4m';
import { rgbaToYuv } from './yuv';

export interface BrowserVideoWriterOptions extends VideoWriterOptions {
  /** `auto` (the default) prefers WebCodecs; a name forces that one, for tests. */
  readonly encoder?: 'auto' | 'webcodecs' | 'wasm';
}

export { openFrameWriter, type FrameFiles } from './browser-frames';
export { openHandleSink };

/** The clip for which codecs are asked when none is at hand. */
const PROBE = { width: 640, height: 384, frameRate: { numerator: 24, denominator: 1 } };

/**
 * Opens a writer.
 * @param target a `MemorySink`, whose `bytes` are the file after `finish`, or the handle of a file that the person chose or
 * of one in OPFS; the browser itself writes that aside and puts it in place at the end.
 * @throws bad-input (size, rate), bad-usage (codec), codec-unavailable, unwritable-output: all before a frame is made.
 */
export async function openVideoWriter(target: ByteSink | FileSystemFileHandle, options: BrowserVideoWriterOptions): Promise<VideoWriter> {
  const codec = checkWriterOptions(options);
  if (options.format === 'png') {
    throw new AiprodError('bad-usage', 'Frames as PNG are many files', { hint: 'Write them through openFrameWriter' });
  }
  const open = codec === null ? openOwnEncoder : await chooseEncoder(options, codec);
  const soundTrack = options.sound === undefined ? undefined : await openSoundTrack(browserAudioHost, options.sound);
  const sink = 'createWritable' in target ? await openHandleSink(target) : target;
  try {
    return checkedWriter(await open(sink, { ...options, ...(soundTrack === undefined ? {} : { soundTrack }) }), options);
  } catch (error) {
    soundTrack?.close();
    await sink.abort();
    throw error;
  }
}

type OpenEncoder = (sink: ByteSink, options: ClipOptions) => Promise<FrameEncoder>;

const openOwnEncoder: OpenEncoder = async (sink, options) =>
  options.format === 'gif' ? openGifEncoder(sink, options) : openY4mEncoder(sink, options);

async function chooseEncoder(options: BrowserVideoWriterOptions, codec: VideoCodec): Promise<OpenEncoder> {
  const { encoder = 'auto', format } = options;
  if (encoder !== 'wasm' && (await encodesHere(codec, options))) {
    return (sink, writerOptions) => openWebCodecsEncoder(sink, writerOptions, codec);
  }
  if (codec === 'h264' && encoder !== 'webcodecs') {
    return (sink, writerOptions) => openWasmH264Encoder(createWasmEncoder, sink, writerOptions);
  }
  throw new AiprodError(
    'codec-unavailable',
    `This browser does not encode ${codec} into a .${format} file of ${options.width}x${options.height}`,
    {
      hint: 'Choose MP4 with H.264, GIF or Y4M, or use a recent Chrome',
    },
  );
}

async function encodesHere(codec: VideoCodec, clip: ClipShape): Promise<boolean> {
  if (typeof VideoEncoder === 'undefined') return false;
  const { codec: containerCodec, ...config } = encodingConfig(codec, clip);
  return canEncodeVideo(containerCodec, { ...config, width: clip.width, height: clip.height });
}

async function createWasmEncoder(): Promise<H264Module.H264MP4Encoder> {
  // The package's CommonJS build: its other one is a classic script, which no module and no module worker can load.
  const { default: loaded } = await import('h264-mp4-encoder');
  return loaded.createH264MP4Encoder();
}

/** The browser keeps what is written in a file of its own until `close`. */
async function openHandleSink(handle: FileSystemFileHandle): Promise<ByteSink> {
  const orUnwritable = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      const full = cause instanceof DOMException && cause.name === 'QuotaExceededError';
      throw new AiprodError(
        full ? 'storage-full' : 'unwritable-output',
        full ? 'There is no room for the output' : 'The output cannot be written',
        {
          found: cause instanceof Error ? cause.message : String(cause),
          hint: full ? 'Free some space, or choose another place' : 'Allow writing, or choose another place',
        },
        { cause },
      );
    }
  };
  const writable = await orUnwritable(() => handle.createWritable());
  return {
    write: (bytes, position) => orUnwritable(() => writable.write({ type: 'write', data: new Uint8Array(bytes), position })),
    close: () => orUnwritable(() => writable.close()),
    // A stream that failed is closed already and has dropped what it held.
    abort: () => writable.abort().catch(() => undefined),
  };
}

/**
 * WebCodecs. Frames go in as I420 made here, so that colours do not depend on the browser's own conversion.
 */
async function openWebCodecsEncoder(sink: ByteSink, options: ClipOptions, codec: VideoCodec): Promise<FrameEncoder> {
  const { width, height, frameRate } = options;
  const source = new VideoSampleSource(encodingConfig(codec, options));
  const output = await startOutput(source, sink, options);
  const duration = secondsOfFrame(1, frameRate);
  return {
    async encode(rgba, index) {
      const sample = new VideoSample(rgbaToYuv(rgba, width, height, 'bt709', '420'), {
        format: 'I420',
        codedWidth: width,
        codedHeight: height,
        timestamp: secondsOfFrame(index, frameRate),
        duration,
        colorSpace: CLIP_COLOR_SPACE,
      });
      try {
        await source.add(sample);
        await output.frameAdded(index);
      } finally {
        sample.close();
      }
    },
    async finish(frameCount) {
      await output.finalize(frameCount);
      await sink.close();
    },
    async abort() {
      await output.cancel();
      await sink.abort();
    },
  };
}

/** What this browser writes, asked for 640x384 at 24 frames a second. */
export async function availableFormats(): Promise<FormatReport[]> {
  const compressed = async (format: 'mp4' | 'webm'): Promise<FormatReport> => {
    const answers = await Promise.all(CODECS_OF_FORMAT[format].map(async (codec) => ((await encodesHere(codec, PROBE)) ? [codec] : [])));
    const native = answers.flat();
    const byWasm = format === 'mp4' && !native.includes('h264');
    const codecs: VideoCodec[] = byWasm ? ['h264', ...native] : native;
    const encoders = [
      ...(byWasm ? ['h264-mp4-encoder (WebAssembly)'] : []),
      ...(native.length > 0 ? [`WebCodecs (${native.join(', ')})`] : []),
    ];
    return {
      format,
      available: codecs.length > 0,
      encoder: encoders.length > 0 ? encoders.join(', ') : null,
      codecs,
      carriesRecipe: true,
      audioCodecs: await encodableCodecs(browserAudioHost, format),
    };
  };
  return [
    await compressed('mp4'),
    await compressed('webm'),
    { format: 'gif', available: true, encoder: 'gifenc', codecs: [], carriesRecipe: true, audioCodecs: [], note: '256 colours a frame' },
    {
      format: 'png',
      available: typeof OffscreenCanvas !== 'undefined',
      encoder: 'canvas',
      codecs: [],
      carriesRecipe: true,
      audioCodecs: [],
      note: 'a file for each frame',
    },
    { format: 'y4m', available: true, encoder: 'built in', codecs: [], carriesRecipe: false, audioCodecs: [], note: 'raw YUV' },
  ];
}

/**
 * One image by the browser itself, turned as its EXIF orientation says, colours as they are stored. Colours under a partial
 * alpha may be off by one unit, for a canvas keeps them multiplied.
 */
async function decodeImage(bytes: Uint8Array<ArrayBuffer>, kind: ImageKind, where: string): Promise<DecodedImage> {
  let bitmap: ImageBitmap;
  try {
    const blob = new Blob([bytes], { type: `image/${kind}` });
    bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
  } catch (cause) {
    throw new AiprodError('bad-input', 'The image cannot be read', { where, expected: `a whole ${kind}` }, { cause });
  }
  try {
    const { width, height } = bitmap;
    checkSize(width, height, where);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new AiprodError('missing-feature', 'This browser has no canvas to read the image with', { where });
    context.drawImage(bitmap, 0, 0);
    return { width, height, rgba: new Uint8Array(context.getImageData(0, 0, width, height).data) };
  } finally {
    bitmap.close();
  }
}

const host: MediaHost = { decoder: async () => browserDecoderHost, decodeImage };

/**
 * Opens a clip for reading, frame by frame: MP4, MOV, WebM, MKV as far as the browser decodes them, GIF, Y4M, or an image.
 * @throws bad-input when it cannot be read or is damaged; codec-unavailable when the browser does not decode its codec.
 */
export async function openVideo(source: Blob): Promise<VideoReader> {
  return openMedia({ bytes: blobSource(source, 'video'), container: () => new BlobSource(source) }, host);
}

/**
 * One still image: PNG, JPEG or WebP, turned as its EXIF orientation says.
 * @throws bad-input when it cannot be read, is damaged or too large.
 */
export async function readImage(source: Blob | Uint8Array): Promise<DecodedImage> {
  return readStill(source instanceof Uint8Array ? memorySource(source, 'image') : blobSource(source, 'image'), host);
}

/** An image as it looks after H.264; see `compressImage` of compress-image.ts. */
export function compressImage(image: DecodedImage, crf: number): Promise<DecodedImage> {
  return compressImageWith(image, crf, { createEncoder: createWasmEncoder, openVideo });
}

/**
 * The sound of a file: MP4, MOV, WebM, MKV, WAV, MP3, FLAC, OGG, AAC as far as the browser decodes them.
 * @returns null when the file holds no sound
 * @throws bad-input when it cannot be read or is damaged; codec-unavailable when the browser does not decode it.
 */
export async function readSound(source: Blob): Promise<Waveform | null> {
  return readSoundOf({ bytes: blobSource(source, 'sound'), container: () => new BlobSource(source) }, async () => browserAudioHost);
}

/** As `readSound`, decoded as it is read: see `SoundFile`. */
export async function openSound(source: Blob): Promise<SoundFile | null> {
  return openSoundOf({ bytes: blobSource(source, 'sound'), container: () => new BlobSource(source) }, async () => browserAudioHost);
}

/**
 * What a file says of its sound, without decoding it; null when it holds none.
 * @throws bad-input when it cannot be read or is damaged
 */
export async function readSoundFacts(source: Blob): Promise<SoundFacts | null> {
  return soundFactsOf({ bytes: blobSource(source, 'sound'), container: () => new BlobSource(source) });
}

/** Frames of a clip in memory; see `openVideo`, which does not keep them all. */
export async function readFrames(source: Blob, range?: FrameRange): Promise<DecodedVideo> {
  const reader = await openVideo(source);
  try {
    return await collectFrames(reader, range);
  } finally {
    await reader.close();
  }
}
