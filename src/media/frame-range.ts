import { AiprodError } from '../errors';
import type { DecodedVideo, FrameRange, VideoReader } from './types';

/** Pixels a side of a frame or image that is decoded, as the writers have it. */
export const MAX_SIDE = 16384;
/** Pixels of a frame or image that is decoded: a few bytes of a file can claim 16 GiB of them. */
export const MAX_PIXELS = 1 << 26;

/** Refuses sizes that are none, or would ask for more memory than any real clip. Throws bad-input. */
export function checkSize(width: number, height: number, where: string): void {
  const possible = [width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= MAX_SIDE);
  if (possible && width * height <= MAX_PIXELS) return;
  throw new AiprodError('bad-input', 'The picture has a size that cannot be read', {
    where,
    expected: `1 to ${MAX_SIDE} pixels a side and at most ${MAX_PIXELS} pixels`,
    found: `${width}x${height}`,
  });
}

/**
 * Both ends of a range of frames.
 * @throws bad-input when an end is no whole number, the range is empty, or it leaves the clip.
 */
export function resolveRange({ start = 0, end }: FrameRange, frameCount: number, where: string): { start: number; end: number } {
  const last = end ?? frameCount;
  if (Number.isInteger(start) && Number.isInteger(last) && start >= 0 && start < last && last <= frameCount) return { start, end: last };
  throw new AiprodError('bad-input', 'The clip has no such frames', {
    where,
    expected: `a range within 0 to ${frameCount}`,
    found: `[${start}, ${last})`,
    hint: 'Counted from 0; the end is not included',
  });
}

/** All frames of a range in memory, as RGBA. The reader stays open. */
export async function collectFrames(reader: VideoReader, range?: FrameRange): Promise<DecodedVideo> {
  const frames: Uint8Array[] = [];
  for await (const picture of reader.pictures(range)) frames.push(picture.rgba());
  return { width: reader.width, height: reader.height, frameRate: reader.frameRate, frames };
}
