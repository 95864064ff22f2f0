/** YUV4MPEG2 read: see `y4m.ts` for the format. */
import { AiprodError } from '../errors';
import type { ByteSource } from '../weights';
import { checkSize, resolveRange } from './frame-range';
import { latin1Text } from './recipe';
import type { FrameRate, VideoReader } from './types';
import { planesByteLength, planesToRgba, splitPlanes, type StoredSampling, type YuvLayout } from './yuv-planes';

/** Longest header or frame line that is read; mjpegtools itself stops at 1024. */
const MAX_LINE = 1024;
/** Bytes read to find the end of a frame line, which as a rule is `FRAME` alone. */
const SHORT_LINE = 64;

const SAMPLINGS: Readonly<Record<string, StoredSampling>> = {
  '444': '444',
  '422': '422',
  '420': '420',
  '420jpeg': '420',
  '420mpeg2': '420',
  '420paldv': '420',
  mono: '400',
};

/**
 * Opens a Y4M file with 8-bit 4:4:4, 4:2:2, 4:2:0 or mono samples. Finds where each frame begins, and reads frames as they
 * are asked for.
 * @throws bad-input when the header is none or asks for something else, or a frame is missing its line or is cut short.
 */
export async function openY4m(source: ByteSource): Promise<VideoReader> {
  const bad = (found: string, expected = 'a whole YUV4MPEG2 stream'): AiprodError =>
    new AiprodError('bad-input', 'The Y4M file cannot be read', { where: source.name, expected, found });
  const lineAt = async (offset: number): Promise<string> => {
    for (const most of [SHORT_LINE, MAX_LINE]) {
      const bytes = await source.read(offset, Math.min(most, source.size - offset));
      const length = bytes.indexOf(0x0a);
      if (length >= 0) return latin1Text(bytes.subarray(0, length));
    }
    throw bad('a line without an end');
  };
  const header = await lineAt(0);
  const { layout, frameRate } = parseHeader(header, source.name, bad);
  const frameBytes = planesByteLength(layout);
  const starts: number[] = [];
  for (let at = header.length + 1; at < source.size;) {
    const line = await lineAt(at);
    if (!/^FRAME( |$)/.test(line)) throw bad(`no FRAME line before frame ${starts.length}`);
    at += line.length + 1;
    if (at + frameBytes > source.size) throw bad(`${source.size - at} of ${frameBytes} bytes of frame ${starts.length}`);
    starts.push(at);
    at += frameBytes;
  }
  if (starts.length === 0) throw bad('no frame');
  return {
    width: layout.width,
    height: layout.height,
    frameRate,
    frameCount: starts.length,
    description: `Y4M (4:${layout.sampling[1]}:${layout.sampling[2]})`,
    async *pictures(range = {}) {
      const { start, end } = resolveRange(range, starts.length, source.name);
      for (const offset of starts.slice(start, end)) {
        const bytes = await source.read(offset, frameBytes);
        if (bytes.length < frameBytes) throw bad('fewer bytes than when it was opened');
        const planes = splitPlanes(bytes, layout);
        yield { width: layout.width, height: layout.height, planes, rgba: () => planesToRgba(planes) };
      }
    },
    close: async () => source.close?.(),
  };
}

function parseHeader(
  header: string,
  where: string,
  bad: (found: string, expected?: string) => AiprodError,
): { layout: YuvLayout; frameRate: FrameRate | null } {
  const [magic, ...parameters] = header.split(' ');
  if (magic !== 'YUV4MPEG2') throw bad('another beginning');
  const parameter = (letter: string): string | undefined => parameters.find((text) => text.startsWith(letter))?.slice(1);
  const side = (letter: string): number => Number(/^\d{1,5}$/.exec(parameter(letter) ?? '')?.[0] ?? NaN);
  const width = side('W');
  const height = side('H');
  checkSize(width, height, where);
  const colorSpace = parameter('C') ?? '420jpeg';
  const sampling = Object.hasOwn(SAMPLINGS, colorSpace) ? SAMPLINGS[colorSpace] : undefined;
  if (sampling === undefined) throw bad(`C${colorSpace}`, 'C444, C422, C420 or Cmono');
  const rate = /^(\d{1,9}):(\d{1,9})$/.exec(parameter('F') ?? '');
  const known = rate !== null && Number(rate[1]) > 0 && Number(rate[2]) > 0;
  return {
    layout: { width, height, sampling, bitDepth: 8, matrix: 'bt601', fullRange: parameters.includes('XCOLORRANGE=FULL') },
    frameRate: known ? { numerator: Number(rate[1]), denominator: Number(rate[2]) } : null,
  };
}
