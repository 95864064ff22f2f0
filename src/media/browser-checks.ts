/** What `browser.test.ts` runs inside a real browser, in a page and in a Web Worker; it gives back plain data to assert on. */
import { signalToNoise, waveformSource, type Waveform } from '../audio';
import {
  availableFormats,
  compressImage,
  openVideo,
  openVideoWriter,
  readFrames,
  readImage,
  readSound,
  type BrowserVideoWriterOptions,
} from './browser';
import { secondsOfFrame } from './frame-rate';
import { MemorySink } from './memory-sink';
import { readRecipe } from './read-recipe';
import { sha256 } from '../numeric/sha256';
import { testPicture } from './testing';
import { frameNumber, meanDifference, TEST_RECIPE, testFrame } from './test-clip';
import { demux } from './test-demux';
import type { FormatReport, VideoWriterOptions } from './types';

const WIDTH = 128;
const HEIGHT = 96;
const FRAMES = 31;

export interface ClipCheck {
  readonly codec: string | null;
  readonly size: string;
  /** Largest distance of a frame from its exact time, in seconds. */
  readonly timeError: number;
  readonly durationError: number;
  readonly keyFrames: number;
  /** Numbers drawn in the decoded frames. */
  readonly numbers: readonly number[];
  readonly frameRate: string;
  /** Largest mean difference of a decoded frame from what was written, in units of 255. */
  readonly difference: number;
  readonly recipe: unknown;
}

const options = (format: VideoWriterOptions['format'], extra: Partial<BrowserVideoWriterOptions>): BrowserVideoWriterOptions => ({
  width: WIDTH,
  height: HEIGHT,
  frameRate: { numerator: 24, denominator: 1 },
  format,
  recipe: TEST_RECIPE,
  ...extra,
});

async function writeClip(writerOptions: BrowserVideoWriterOptions): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  const writer = await openVideoWriter(sink, writerOptions);
  for (let index = 0; index < FRAMES; index++) await writer.addFrame(testFrame(WIDTH, HEIGHT, index), index);
  await writer.finish();
  return sink.bytes;
}

export const formats = (): Promise<FormatReport[]> => availableFormats();

/** Writes a clip, then reads times, pixels and recipe back. */
export async function checkClip(format: 'mp4' | 'webm', extra: Partial<BrowserVideoWriterOptions>): Promise<ClipCheck> {
  const writerOptions = options(format, extra);
  const bytes = await writeClip(writerOptions);
  const track = await demux(bytes);
  const decoded = await readFrames(new Blob([bytes]));
  const { frameRate } = writerOptions;
  return {
    codec: track.codec,
    size: `${track.width}x${track.height}`,
    timeError: Math.max(...track.times.map((time, index) => Math.abs(time - secondsOfFrame(index, frameRate)))),
    durationError: Math.abs(track.duration - secondsOfFrame(FRAMES, frameRate)),
    keyFrames: track.keyFrames,
    numbers: decoded.frames.map((frame) => frameNumber(frame, WIDTH)),
    frameRate: `${decoded.frameRate?.numerator}/${decoded.frameRate?.denominator}`,
    difference: Math.max(...decoded.frames.map((frame, index) => meanDifference(frame, testFrame(WIDTH, HEIGHT, index)))),
    recipe: await readRecipe(bytes),
  };
}

/** A tone that dies away under a clip of 31 frames, written and read back: samples, and decibels of signal to noise. */
export async function checkSound(format: 'mp4' | 'webm'): Promise<{ samples: number; ratio: number; rate: number }> {
  const tone = (frequency: number): Float32Array =>
    Float32Array.from({ length: 48000 * 2 }, (_, at) => 0.3 * Math.exp(-at / 24000) * Math.sin((2 * Math.PI * frequency * at) / 48000));
  const waveform: Waveform = { sampleRate: 48000, channels: [tone(331), tone(757)] };
  const back = await readSound(new Blob([await writeClip(options(format, { sound: { source: waveformSource(waveform) } }))]));
  if (back === null) return { samples: 0, ratio: -Infinity, rate: 0 };
  return { samples: back.channels[0].length, ratio: signalToNoise(waveform, back), rate: back.sampleRate };
}

/** Numbers drawn in a range of frames of each format, read by our own readers, and what an image of a frame differs by. */
export async function checkReading(): Promise<{ ranges: Record<string, number[]>; images: Record<string, number> }> {
  const ranges: Record<string, number[]> = {};
  for (const format of ['webm', 'gif', 'y4m'] as const) {
    const reader = await openVideo(new Blob([await writeClip(options(format, {}))]));
    const numbers: number[] = [reader.frameCount];
    for await (const picture of reader.pictures({ start: 26, end: 29 })) numbers.push(frameNumber(picture.rgba(), WIDTH));
    await reader.close();
    ranges[format] = numbers;
  }
  const images: Record<string, number> = {};
  for (const type of ['image/png', 'image/jpeg', 'image/webp']) {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(testFrame(WIDTH, HEIGHT, 5)), WIDTH, HEIGHT), 0, 0);
    const { width, height, rgba } = await readImage(await canvas.convertToBlob({ type, quality: 0.95 }));
    images[type] = width === WIDTH && height === HEIGHT ? meanDifference(rgba, testFrame(WIDTH, HEIGHT, 5)) : Infinity;
  }
  return { ranges, images };
}

/** A picture after its codec, by the hash of its pixels. */
export async function checkCompressedImage(): Promise<string> {
  return sha256((await compressImage(testPicture(200, 120), 33)).rgba);
}

/** The error code of reading a file that is damaged. */
export async function readingErrorCode(text: string): Promise<string> {
  try {
    await openVideo(new Blob([text]));
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** Decodes our GIF by the browser itself: numbers, delays in microseconds, difference, recipe. */
export async function checkGif(): Promise<{ numbers: number[]; durations: (number | null)[]; difference: number; recipe: unknown }> {
  const bytes = await writeClip(options('gif', { frameRate: { numerator: 30000, denominator: 1001 } }));
  const decoder = new ImageDecoder({ data: bytes, type: 'image/gif' });
  await decoder.tracks.ready;
  await decoder.completed;
  const numbers: number[] = [];
  const durations: (number | null)[] = [];
  let difference = 0;
  for (let index = 0; index < (decoder.tracks.selectedTrack?.frameCount ?? 0); index++) {
    const { image } = await decoder.decode({ frameIndex: index });
    const rgba = new Uint8Array(WIDTH * HEIGHT * 4);
    await image.copyTo(rgba, { format: 'RGBA' });
    durations.push(image.duration);
    image.close();
    numbers.push(frameNumber(rgba, WIDTH));
    difference = Math.max(difference, meanDifference(rgba, testFrame(WIDTH, HEIGHT, index)));
  }
  return { numbers, durations, difference, recipe: await readRecipe(bytes) };
}

/** Writes into a file of OPFS: its bytes before the end, after it, and after an abort of another clip. */
export async function checkFileHandle(): Promise<{ before: number; after: number; afterAbort: number; numbers: number[] }> {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle('clip.y4m', { create: true });
  const size = async (): Promise<number> => (await handle.getFile()).size;
  const writer = await openVideoWriter(handle, options('y4m', {}));
  await writer.addFrame(testFrame(WIDTH, HEIGHT, 0), 0);
  const before = await size();
  await writer.finish();
  const after = await size();
  const second = await openVideoWriter(handle, options('y4m', {}));
  for (let index = 0; index < 3; index++) await second.addFrame(testFrame(WIDTH, HEIGHT, index), index);
  await second.abort();
  const afterAbort = await size();
  const decoded = await readFrames(await handle.getFile());
  await folder.removeEntry('clip.y4m');
  return { before, after, afterAbort, numbers: decoded.frames.map((frame) => frameNumber(frame, WIDTH)) };
}

/** The error code of an attempt that must fail, or `none`. */
export async function errorCode(format: VideoWriterOptions['format'], extra: Partial<BrowserVideoWriterOptions>): Promise<string> {
  try {
    await openVideoWriter(new MemorySink(), options(format, extra));
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The code of the error on opening an MP4 with AAC, or 'none'. The sound is made here: a function does not go into a worker. */
export function aacErrorCode(): Promise<string> {
  const source = { sampleRate: 48000, channels: 1, length: 480, read: () => Promise.reject(new Error('nothing is read')) };
  return errorCode('mp4', { sound: { source, codec: 'aac' } });
}
