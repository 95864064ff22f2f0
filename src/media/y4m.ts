/**
 * YUV4MPEG2 (the stream format of mjpegtools' `yuv4mpeg.h`): a line of parameters, then for each frame the line `FRAME` and
 * the planes. BT.601, limited range, because that is what readers assume where nothing is said; 4:2:0 chroma is sited in the
 * centre of its pixels (`C420jpeg`).
 */
import { AiprodError } from '../errors';
import { asciiBytes, latin1Text } from './recipe';
import type { ByteSink, DecodedVideo, FrameEncoder, VideoWriterOptions } from './types';
import { rgbaToYuv, yuvByteLength, yuvToRgba, type ChromaSampling } from './yuv';

const FRAME_LINE = asciiBytes('FRAME\n');
/** Longest header or frame line that is read; mjpegtools itself stops at 1024. */
const MAX_LINE = 1024;
/** Pixels a side, as the writers have it; keeps a lying header from asking for much memory. */
const MAX_SIDE = 16384;

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

/**
 * All frames of a Y4M file with 8-bit 4:4:4 or 4:2:0 chroma.
 * @throws bad-input when the header is none, asks for something else, or the last frame is cut short.
 */
export function readY4m(bytes: Uint8Array): DecodedVideo {
  const bad = (found: string, expected = 'a whole YUV4MPEG2 stream'): AiprodError =>
    new AiprodError('bad-input', 'The Y4M file cannot be read', { expected, found });
  let at = 0;
  const line = (): string => {
    const length = bytes.subarray(at, at + MAX_LINE).indexOf(0x0a);
    if (length < 0) throw bad('a line without an end');
    const text = latin1Text(bytes.subarray(at, at + length));
    at += length + 1;
    return text;
  };
  const [magic, ...parameters] = line().split(' ');
  if (magic !== 'YUV4MPEG2') throw bad('another beginning');
  const parameter = (letter: string): string | undefined => parameters.find((text) => text.startsWith(letter))?.slice(1);
  const side = (letter: string): number => {
    const value = Number(/^\d{1,5}$/.exec(parameter(letter) ?? '')?.[0]);
    if (!(value >= 1 && value <= MAX_SIDE)) throw bad(`${letter}${parameter(letter) ?? ' missing'}`, `1 to ${MAX_SIDE} pixels a side`);
    return value;
  };
  const width = side('W');
  const height = side('H');
  const colorSpace = parameter('C') ?? '420jpeg';
  const samplings: Readonly<Record<string, ChromaSampling>> = {
    '444': '444',
    '420': '420',
    '420jpeg': '420',
    '420mpeg2': '420',
    '420paldv': '420',
  };
  const sampling = Object.hasOwn(samplings, colorSpace) ? samplings[colorSpace] : undefined;
  if (sampling === undefined) throw bad(`C${colorSpace}`, 'C444 or C420');
  const rate = /^(\d{1,9}):(\d{1,9})$/.exec(parameter('F') ?? '');
  const frameRate =
    rate === null || Number(rate[1]) === 0 || Number(rate[2]) === 0 ? null : { numerator: Number(rate[1]), denominator: Number(rate[2]) };
  const frameBytes = yuvByteLength(width, height, sampling);
  const frames: Uint8Array[] = [];
  while (at < bytes.length) {
    if (!/^FRAME( |$)/.test(line())) throw bad(`no FRAME line before frame ${frames.length}`);
    if (at + frameBytes > bytes.length) throw bad(`${bytes.length - at} of ${frameBytes} bytes of frame ${frames.length}`);
    frames.push(yuvToRgba(bytes.subarray(at, at + frameBytes), width, height, 'bt601', sampling));
    at += frameBytes;
  }
  return { width, height, frameRate, frames };
}
