/**
 * H.264 (constrained baseline) by minih264 in WebAssembly, npm `h264-mp4-encoder`: there in every Node and every browser,
 * single-threaded, about 40 frames of 640x384 a second. It keeps its file in memory and times frames by a whole number of
 * ticks, so the clip is encoded a few seconds at a time, and their packets are re-timed into one file by `copyPackets`.
 */
import type { H264MP4Encoder } from 'h264-mp4-encoder';
import { BufferSource } from 'mediabunny';
import { AiprodError } from '../errors';
import { copyPackets, startPackets, type ClipOptions } from './container';
import type { ByteSink, FrameEncoder, Quality } from './types';
import { rgbaToYuv } from './yuv';

/** H.264 quantization parameter; minih264 takes 10 to 51. */
const QUANTIZATION: Readonly<Record<Quality, number>> = { low: 34, medium: 28, high: 22, 'very-high': 16 };

export interface WasmH264Options extends ClipOptions {
  /** In place of that of `quality`: 10 to 51. */
  readonly quantizationParameter?: number;
}

/** The encoder's file system is one for all encoders of a process, so every file has a name of its own. */
let filesOpened = 0;

/**
 * Frames that are encoded into one file of the encoder before it is copied on and dropped, rounded up to whole groups of
 * pictures, each of which begins anew in any case.
 */
const SEGMENT_FRAMES = 64;

const guarded = <Result>(work: () => Result): Result => {
  try {
    return work();
  } catch (cause) {
    throw new AiprodError(
      'internal',
      'The H.264 encoder (WebAssembly) failed',
      { found: String(cause), hint: 'Try a smaller size, or write .png' },
      { cause },
    );
  }
};

export async function openWasmH264Encoder(
  create: () => Promise<H264MP4Encoder>,
  sink: ByteSink,
  options: WasmH264Options,
): Promise<FrameEncoder> {
  const { width, height, frameRate } = options;
  // A key frame every second, for seeking.
  const groupOfPictures = Math.max(1, Math.round(frameRate.numerator / frameRate.denominator));
  const segmentFrames = groupOfPictures * Math.ceil(SEGMENT_FRAMES / groupOfPictures);
  const output = await startPackets('h264', sink, options);
  let segment: Segment | null = null;
  let framesCopied = 0;

  const copySegment = async (full: Segment): Promise<void> => {
    segment = null;
    await copyPackets(new BufferSource(full.end()), output, { first: framesCopied, count: full.frameCount });
    framesCopied += full.frameCount;
  };
  return {
    async encode(rgba) {
      segment ??= openSegment(await create(), options, groupOfPictures);
      segment.add(rgbaToYuv(rgba, width, height, 'bt709', '420'));
      if (segment.frameCount === segmentFrames) await copySegment(segment);
    },
    async finish() {
      if (segment !== null) await copySegment(segment);
      await output.finalize(framesCopied);
      await sink.close();
    },
    async abort() {
      try {
        segment?.drop();
        await output.cancel();
      } finally {
        await sink.abort();
      }
    },
  };
}

/** Some seconds of the clip in a file of the encoder. */
interface Segment {
  readonly frameCount: number;
  add(planes: Uint8Array): void;
  /** The segment as an MP4; nothing of it stays in the encoder. */
  end(): Uint8Array;
  drop(): void;
}

function openSegment(encoder: H264MP4Encoder, options: WasmH264Options, groupOfPictures: number): Segment {
  const { width, height, frameRate, quality = 'high', quantizationParameter = QUANTIZATION[quality] } = options;
  const fileName = `clip-${filesOpened++}.mp4`;
  encoder.outputFilename = fileName;
  encoder.width = width;
  encoder.height = height;
  encoder.frameRate = frameRate.numerator / frameRate.denominator;
  encoder.quantizationParameter = quantizationParameter;
  encoder.speed = 0;
  encoder.groupOfPictures = groupOfPictures;
  guarded(() => encoder.initialize());
  let frameCount = 0;
  // Deleted before it is finalized, the encoder would abort the whole module, with every other clip that it encodes.
  const end = (): Uint8Array =>
    guarded(() => {
      encoder.finalize();
      const file = encoder.FS.readFile(fileName);
      encoder.delete();
      encoder.FS.unlink(fileName);
      return file;
    });
  return {
    get frameCount() {
      return frameCount;
    },
    add(planes) {
      guarded(() => encoder.addFrameYuv(planes));
      frameCount += 1;
    },
    end,
    drop: () => void end(),
  };
}
