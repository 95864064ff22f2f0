/**
 * H.264 (constrained baseline) by minih264 in WebAssembly, npm `h264-mp4-encoder`: there in every Node and every browser,
 * single-threaded, about 40 frames of 640x384 a second. It keeps the file in memory and times frames by a whole number of
 * ticks, so its MP4 is re-timed and tagged afterwards by `remux`.
 */
import type { H264MP4Encoder } from 'h264-mp4-encoder';
import { BufferSource } from 'mediabunny';
import { AiprodError } from '../errors';
import { remux } from './container';
import type { ByteSink, FrameEncoder, Quality, VideoWriterOptions } from './types';
import { rgbaToYuv } from './yuv';

/** H.264 quantization parameter; minih264 takes 10 to 51. */
const QUANTIZATION: Readonly<Record<Quality, number>> = { low: 34, medium: 28, high: 22, 'very-high': 16 };

/** The encoder's file system is one for all encoders of a process, so every file has a name of its own. */
let filesOpened = 0;

export async function openWasmH264Encoder(
  create: () => Promise<H264MP4Encoder>,
  sink: ByteSink,
  options: VideoWriterOptions,
): Promise<FrameEncoder> {
  const { width, height, frameRate, quality = 'high' } = options;
  const encoder = await create();
  const fileName = `clip-${filesOpened++}.mp4`;
  encoder.outputFilename = fileName;
  encoder.width = width;
  encoder.height = height;
  encoder.frameRate = frameRate.numerator / frameRate.denominator;
  encoder.quantizationParameter = QUANTIZATION[quality];
  encoder.speed = 0;
  // A key frame every second, for seeking.
  encoder.groupOfPictures = Math.max(1, Math.round(frameRate.numerator / frameRate.denominator));
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
  guarded(() => encoder.initialize());
  let state: 'encoding' | 'finalized' | 'released' = 'encoding';
  const finalize = (): Uint8Array => {
    state = 'finalized';
    encoder.finalize();
    return encoder.FS.readFile(fileName);
  };
  const release = (): void => {
    if (state === 'released') return;
    // Deleted before it is finalized, the encoder would abort the whole module, with every other clip that it encodes.
    if (state === 'encoding') finalize();
    state = 'released';
    encoder.delete();
    encoder.FS.unlink(fileName);
  };
  return {
    encode: async (rgba) => guarded(() => encoder.addFrameYuv(rgbaToYuv(rgba, width, height, 'bt709', '420'))),
    async finish(frameCount) {
      const encoded = guarded(finalize);
      guarded(release);
      await remux(new BufferSource(encoded), sink, options, frameCount);
      await sink.close();
    },
    async abort() {
      try {
        guarded(release);
      } finally {
        await sink.abort();
      }
    },
  };
}
