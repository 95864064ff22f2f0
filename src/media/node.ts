/**
 * Media in Node. MP4 is encoded by a system ffmpeg where there is one, else by WebAssembly, which is always there; WebM needs
 * ffmpeg; GIF, PNG and Y4M are written here on every machine. Reading never needs ffmpeg.
 */
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type * as H264Module from 'h264-mp4-encoder';
import { BlobSource, FilePathSource } from 'mediabunny';
import { z } from 'zod';
import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import { blobSource, memorySource } from '../weights';
import { openNodeFile } from '../weights/node';
import { checkAudioCodec, checkedWriter, checkWriterOptions } from './checked-writer';
import type { AudioCodecHost } from './audio-codecs';
import { compressImage as compressImageWith } from './compress-image';
import { nodeAudioHost } from './node-audio';
import { findFfmpeg, openFfmpegEncoder, type Ffmpeg } from './ffmpeg';
import { formatOfPath } from './format-of-path';
import { collectFrames } from './frame-range';
import type { ClipOptions } from './container';
import { openGifEncoder } from './gif';
import { nodeDecoderHost } from './node-decoder';
import { decodeNodeImage, openFrameFiles } from './node-images';
import { openMedia, readStill, type MediaHost, type OpenedFile } from './open-media';
import { checkWritable, listFrameFiles, openFileSink, partialPath } from './output-file';
import { openPngEncoder } from './png-frames';
import { readRecipe } from './read-recipe';
import { replaceSound } from './replace-sound';
import type { SoundFile } from './sound-file';
import { openSoundOf, readSoundOf, soundFactsOf, type SoundFacts } from './sound-reader';
import { checkEncodable, encodableCodecs, openSoundTrack } from './sound-track';
import {
  CODECS_OF_FORMAT,
  type AudioCodec,
  type ByteSink,
  type DecodedImage,
  type DecodedVideo,
  type FormatReport,
  type FrameEncoder,
  type FrameRange,
  type SoundOptions,
  type VideoCodec,
  type VideoReader,
  type VideoWriter,
  type VideoWriterOptions,
} from './types';
import { openWasmH264Encoder } from './wasm-h264';
import { openY4mEncoder } from './y4m';

export { checkWritable } from './output-file';
export { decodePng, encodePng } from './png-frames';

export interface NodeVideoWriterOptions extends VideoWriterOptions {
  /** `auto` (the default) prefers ffmpeg; a name forces that one, for tests and for the same bytes on every machine. */
  readonly encoder?: 'auto' | 'ffmpeg' | 'wasm';
}

/**
 * Opens a writer for a file, or for format `png` a folder of frames. See `VideoWriter` for what is promised.
 * @throws unwritable-output, bad-input (size, rate), bad-usage (codec), codec-unavailable: all before a frame is made.
 */
export async function openVideoWriter(path: string, options: NodeVideoWriterOptions): Promise<VideoWriter> {
  const codec = checkWriterOptions(options);
  const open = codec === null ? null : await chooseEncoder(options, codec);
  await checkWritable(path, options.format);
  if (open === null) return checkedWriter(await openOwnEncoder(path, options), options);
  const { sound } = options;
  if (sound === undefined) return checkedWriter(await open(path, options), options);
  const soundTrack = await openSoundTrack(await nodeAudioHost(path), sound);
  try {
    return checkedWriter(await open(path, { ...options, soundTrack }), options);
  } catch (error) {
    soundTrack.close();
    throw error;
  }
}

async function openOwnEncoder(path: string, options: VideoWriterOptions): Promise<FrameEncoder> {
  if (options.format === 'png') return openPngEncoder(path, options);
  return overFile(path, async (sink) => (options.format === 'gif' ? openGifEncoder(sink, options) : openY4mEncoder(sink, options)));
}

/** Opens an encoder over the file written aside, which does not outlive a failure to open. */
async function overFile(path: string, open: (sink: ByteSink) => Promise<FrameEncoder>): Promise<FrameEncoder> {
  const sink = await openFileSink(path);
  try {
    return await open(sink);
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

type OpenEncoder = (path: string, options: ClipOptions) => Promise<FrameEncoder>;

async function chooseEncoder(options: NodeVideoWriterOptions, codec: VideoCodec): Promise<OpenEncoder> {
  const { encoder = 'auto', format } = options;
  const ffmpeg = encoder === 'wasm' ? null : await findFfmpeg();
  const name = ffmpeg?.encoders[codec];
  if (name !== undefined)
    return (path, clip) => overFile(path, async (sink) => openFfmpegEncoder(name, codec, sink, `${partialPath(path)}.encoded`, clip));
  if (codec === 'h264' && encoder !== 'ffmpeg') {
    return (path, clip) => overFile(path, (sink) => openWasmH264Encoder(createWasmEncoder, sink, clip));
  }
  throw new AiprodError('codec-unavailable', `Nothing on this machine encodes ${codec} into a .${format} file`, {
    expected:
      encoder === 'wasm' ? 'h264 in .mp4, the only work of the WebAssembly encoder' : 'an ffmpeg on the PATH with an encoder for it',
    found: ffmpeg === null ? 'no ffmpeg in use' : `ffmpeg ${ffmpeg.version} without it`,
    hint: 'Write .mp4 (H.264), .gif, .png or .y4m, which work here, or install ffmpeg',
  });
}

const wasmModuleSchema = z.object({
  createH264MP4Encoder: z.custom<typeof H264Module.createH264MP4Encoder>((value) => typeof value === 'function'),
});

let wasmModule: z.infer<typeof wasmModuleSchema> | undefined;

async function createWasmEncoder(): Promise<H264Module.H264MP4Encoder> {
  wasmModule ??= loadWasmModule();
  return wasmModule.createH264MP4Encoder();
}

/**
 * Loads the encoder and takes back what it does to the whole process: its Emscripten runtime ends the process on any
 * unhandled rejection and rethrows uncaught exceptions, anyone's. Loaded by `require`, because nothing else can add a
 * listener while that runs.
 */
function loadWasmModule(): z.infer<typeof wasmModuleSchema> {
  const exceptionListeners = process.listeners('uncaughtException');
  const rejectionListeners = process.listeners('unhandledRejection');
  const loaded = wasmModuleSchema.parse(createRequire(import.meta.url)('h264-mp4-encoder'));
  for (const listener of process.listeners('uncaughtException')) {
    if (!exceptionListeners.includes(listener)) process.off('uncaughtException', listener);
  }
  for (const listener of process.listeners('unhandledRejection')) {
    if (!rejectionListeners.includes(listener)) process.off('unhandledRejection', listener);
  }
  return loaded;
}

/**
 * Whether the sound of a clip can be coded as it is asked for, before anything is made.
 * @throws bad-usage for a format that does not hold the codec; codec-unavailable where nothing here encodes it, with the nearest that is there
 */
export async function checkSoundCodec(path: string, codec: AudioCodec): Promise<void> {
  const format = formatOfPath(path);
  checkAudioCodec(format, codec);
  await checkEncodable(await nodeAudioHost(path), format, codec);
}

/** What this machine writes, with what, and what to install for more. */
export async function availableFormats(): Promise<FormatReport[]> {
  const reports = describeFormats(await findFfmpeg());
  let host: AudioCodecHost;
  try {
    host = await nodeAudioHost('a clip');
  } catch {
    // Without the optional library clips are silent, which is what the reports say.
    return reports;
  }
  return Promise.all(reports.map(async (report) => ({ ...report, audioCodecs: await encodableCodecs(host, report.format) })));
}

/** The report for a given ffmpeg, or for none, and no library that codes sound. */
export function describeFormats(ffmpeg: Ffmpeg | null): FormatReport[] {
  const compressed = (format: 'mp4' | 'webm', fallback: string | null): FormatReport => {
    const inFfmpeg = CODECS_OF_FORMAT[format].filter((codec) => ffmpeg?.encoders[codec] !== undefined);
    const byFallback = fallback !== null && !inFfmpeg.includes('h264');
    const codecs: VideoCodec[] = byFallback ? ['h264', ...inFfmpeg] : inFfmpeg;
    const names = inFfmpeg.map((codec) => ffmpeg?.encoders[codec] ?? '').join(', ');
    const encoders = [...(byFallback ? [fallback] : []), ...(inFfmpeg.length > 0 ? [`ffmpeg ${ffmpeg?.version ?? ''} (${names})`] : [])];
    return {
      format,
      available: codecs.length > 0,
      encoder: encoders.length > 0 ? encoders.join(', ') : null,
      codecs,
      carriesRecipe: true,
      audioCodecs: [],
      ...(inFfmpeg.length === 0 ? { note: format === 'mp4' ? 'install ffmpeg for smaller files' : 'install ffmpeg' } : {}),
    };
  };
  return [
    compressed('mp4', 'h264-mp4-encoder (WebAssembly)'),
    compressed('webm', null),
    { format: 'gif', available: true, encoder: 'gifenc', codecs: [], carriesRecipe: true, audioCodecs: [], note: '256 colours a frame' },
    { format: 'png', available: true, encoder: 'pngjs', codecs: [], carriesRecipe: true, audioCodecs: [], note: 'a folder of frames' },
    { format: 'y4m', available: true, encoder: 'built in', codecs: [], carriesRecipe: false, audioCodecs: [], note: 'raw YUV' },
  ];
}

/** The recipe in a file, or in the first frame of a folder; see `readRecipe`. */
export async function readRecipeFile(path: string): Promise<unknown> {
  const isFolder = (await orUnreadable(path, () => stat(path))).isDirectory();
  const file = isFolder ? (await listFrameFiles(path))[0] : path;
  if (file === undefined)
    throw new AiprodError('bad-input', 'The folder holds no frames', { where: path, expected: 'frame-00000.png and so on' });
  return readRecipe(await orUnreadable(file, () => readFile(file)));
}

async function orUnreadable<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError(
      'bad-input',
      'The file cannot be read',
      { where: path, found: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}

const host: MediaHost = { decoder: nodeDecoderHost, decodeImage: decodeNodeImage };

/**
 * Opens a clip for reading, frame by frame: MP4, MOV, WebM or MKV (H.264, HEVC, VP8, VP9, AV1), GIF, Y4M, a folder of images
 * or a single one.
 * @param source a path, or the file itself
 * @throws bad-input when it cannot be read or is damaged; codec-unavailable when nothing here decodes it.
 */
export async function openVideo(source: string | Blob): Promise<VideoReader> {
  if (typeof source !== 'string') return openMedia({ bytes: blobSource(source), container: () => new BlobSource(source) }, host);
  if ((await orUnreadable(source, () => stat(source))).isDirectory()) return orUnreadable(source, () => openFrameFiles(source));
  return openMedia({ bytes: await openNodeFile(source), container: () => new FilePathSource(source) }, host);
}

/**
 * One still image: PNG, JPEG or WebP, turned as its EXIF orientation says.
 * @throws bad-input when it cannot be read, is damaged or too large.
 */
export async function readImage(source: string | Blob | Uint8Array): Promise<DecodedImage> {
  if (source instanceof Uint8Array) return readStill(memorySource(source, 'image'), host);
  return readStill(typeof source === 'string' ? await openNodeFile(source) : blobSource(source, 'image'), host);
}

/** An image as it looks after H.264; see `compressImage` of compress-image.ts. */
export function compressImage(image: DecodedImage, crf: number): Promise<DecodedImage> {
  return compressImageWith(image, crf, { createEncoder: createWasmEncoder, openVideo });
}

/**
 * The sound of a file: MP4, MOV, WebM, MKV, WAV, MP3, FLAC, OGG, AAC.
 * @returns null when the file holds no sound
 * @throws bad-input when it cannot be read or is damaged; codec-unavailable when nothing here decodes it.
 */
export async function readSound(source: string | Blob): Promise<Waveform | null> {
  return readSoundOf(await openedFile(source), nodeAudioHost);
}

/** As `readSound`, decoded as it is read: see `SoundFile`. */
export async function openSound(source: string | Blob): Promise<SoundFile | null> {
  return openSoundOf(await openedFile(source), nodeAudioHost);
}

/**
 * What a file says of its sound, without decoding it; null when it holds none.
 * @throws bad-input when it cannot be read or is damaged
 */
export async function readSoundFacts(source: string | Blob): Promise<SoundFacts | null> {
  return soundFactsOf(await openedFile(source));
}

const openedFile = async (source: string | Blob): Promise<OpenedFile> =>
  typeof source === 'string'
    ? { bytes: await openNodeFile(source), container: () => new FilePathSource(source) }
    : { bytes: blobSource(source), container: () => new BlobSource(source) };

/**
 * Writes a clip again with another sound, which ends with its last frame: packets of the picture are copied, the sound is coded. The file appears
 * whole or not at all; it may be the clip itself.
 * @param target .mp4 or .webm
 * @throws bad-usage for another ending; bad-input for a damaged clip; codec-unavailable when target does not hold its video, or nothing codes the sound
 */
export async function writeWithSound(clip: string, target: string, sound: SoundOptions): Promise<void> {
  const format = formatOfPath(target);
  if (format !== 'mp4' && format !== 'webm') {
    throw new AiprodError('bad-usage', 'A file of this kind holds no sound', { expected: '.mp4 or .webm', found: target });
  }
  checkAudioCodec(format, sound.codec);
  const soundTrack = await openSoundTrack(await nodeAudioHost(target), sound);
  try {
    const sink = await openFileSink(target);
    try {
      await replaceSound({ bytes: await openNodeFile(clip), container: () => new FilePathSource(clip) }, format, soundTrack, sink);
      await sink.close();
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    soundTrack.close();
  }
}

/** Frames of a clip in memory; see `openVideo`, which does not keep them all. */
export async function readFrames(source: string | Blob, range?: FrameRange): Promise<DecodedVideo> {
  const reader = await openVideo(source);
  try {
    return await collectFrames(reader, range);
  } finally {
    await reader.close();
  }
}
