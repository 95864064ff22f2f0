/**
 * A picture as it looks after a video codec: models of video learned from coded videos, and over-react to pictures that were never coded.
 * LTX-2's pipelines therefore code the images that a clip is to follow once, as one frame of H.264, and read that frame back
 * (`media_io.preprocess` of ltx-pipelines: libx264, preset veryfast, CRF 33).
 *
 * Here the encoder is the one that is there everywhere and gives the same bytes everywhere, so that a job gives the same clip in the page
 * and on the command line, with or without an ffmpeg. What it takes is a quantization parameter.
 */
import type { H264MP4Encoder } from 'h264-mp4-encoder';
import { AiprodError } from '../errors';
import { MemorySink } from './memory-sink';
import type { DecodedImage, VideoReader } from './types';
import { openWasmH264Encoder } from './wasm-h264';

/** The largest constant rate factor of x264. */
export const MAX_CRF = 51;

/**
 * What to take off a constant rate factor of x264 for the quantization parameter at which minih264 loses as much: libx264 lowers a single
 * frame's below its rate factor. Fitted to the luma PSNR of six pictures at CRF 25, 33 and 40; compress-image.test.ts has one of them.
 */
const BELOW_RATE_FACTOR = 6;
const SMALLEST_QUANTIZATION = 10;

/** What codes a picture and reads it back. */
export interface ImageCodec {
  createEncoder(): Promise<H264MP4Encoder>;
  openVideo(source: Blob): Promise<VideoReader>;
}

/**
 * A picture, coded once and read back. A last odd row or column is cut off, as the reference does it: chroma has half the resolution.
 * @param crf constant rate factor on x264's scale, 0 to 51; at 0 the picture stays as it is
 * @throws bad-input for a picture of less than 2 x 2 pixels; codec-unavailable where nothing decodes H.264
 */
export async function compressImage(image: DecodedImage, crf: number, { createEncoder, openVideo }: ImageCodec): Promise<DecodedImage> {
  if (!(crf >= 0 && crf <= MAX_CRF)) {
    throw new AiprodError('bad-usage', 'Images cannot be coded at that rate factor', { expected: `0 to ${MAX_CRF}`, found: String(crf) });
  }
  if (crf === 0) return image;
  const { width, height, rgba } = evenPart(image);
  const sink = new MemorySink();
  const encoder = await openWasmH264Encoder(createEncoder, sink, {
    ...{ width, height, format: 'mp4', frameRate: { numerator: 1, denominator: 1 } },
    quantizationParameter: Math.max(SMALLEST_QUANTIZATION, Math.round(crf) - BELOW_RATE_FACTOR),
  });
  try {
    await encoder.encode(rgba, 0);
    await encoder.finish(1);
  } catch (error) {
    await encoder.abort();
    throw error;
  }
  const reader = await openVideo(new Blob([sink.bytes]));
  try {
    for await (const picture of reader.pictures()) return { width, height, rgba: picture.rgba() };
  } finally {
    await reader.close();
  }
  throw new AiprodError('internal', 'A coded image came back without a frame');
}

function evenPart({ width, height, rgba }: DecodedImage): DecodedImage {
  const even = { width: width - (width % 2), height: height - (height % 2) };
  if (even.width === 0 || even.height === 0) {
    throw new AiprodError('bad-input', 'The image is too small to be coded', {
      expected: '2 x 2 pixels or more',
      found: `${width}x${height}`,
      hint: 'Use an image CRF of 0, which leaves images as they are',
    });
  }
  if (even.width === width) return { ...even, rgba: rgba.subarray(0, even.width * even.height * 4) };
  const cut = new Uint8Array(even.width * even.height * 4);
  for (let row = 0; row < even.height; row++) {
    cut.set(rgba.subarray(row * width * 4, (row * width + even.width) * 4), row * even.width * 4);
  }
  return { ...even, rgba: cut };
}
