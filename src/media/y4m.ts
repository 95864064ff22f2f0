/**
 * YUV4MPEG2 (the stream format of mjpegtools' `yuv4mpeg.h`): a line of parameters, then for each frame the line `FRAME` and
 * the planes. BT.601, limited range, because that is what readers assume where nothing is said; 4:2:0 chroma is sited in the
 * centre of its pixels (`C420jpeg`).
 */
import { asciiBytes } from './recipe';
import type { ByteSink, FrameEncoder, VideoWriterOptions } from './types';
import { rgbaToYuv } from './yuv';

const FRAME_LINE = asciiBytes('FRAME\n');

export function openY4mEncoder(sink: ByteSink, { width, height, frameRate, chroma = '444' }: VideoWriterOptions): FrameEncoder {
  const header = asciiBytes(
    `YUV4MPEG2 W${width} H${height} F${frameRate.numerator}:${frameRate.denominator} Ip A1:1 ` +
      `C${chroma === '444' ? '444' : '420jpeg'} XCOLORRANGE=LIMITED\n`,
  );
  let position = 0;
  const append = async (bytes: Uint8Array): Promise<void> => {
    await sink.write(bytes, position);
    position += bytes.length;
  };
  return {
    async encode(rgba, index) {
      if (index === 0) await append(header);
      await append(FRAME_LINE);
      await append(rgbaToYuv(rgba, width, height, 'bt601', chroma));
    },
    finish: () => sink.close(),
    abort: () => sink.abort(),
  };
}
