import { AiprodError } from '../errors';

/** Size of a clip in pixels and frames. */
export interface ClipSize {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/**
 * Reads buckets as LTX-2's trainer writes them: `768x512x49;512x512x1` is width x height x frames.
 * @throws AiprodError 'bad-input'
 */
export function parseBuckets(text: string): ClipSize[] {
  return text.split(';').map((part) => {
    const sizes = /^\s*(\d{1,5})x(\d{1,5})x(\d{1,5})\s*$/.exec(part);
    const [width, height, frames] = (sizes ?? []).slice(1).map(Number);
    if (sizes !== null && width > 0 && height > 0 && frames > 0) return { width, height, frames };
    throw new AiprodError('bad-input', 'the buckets cannot be read', {
      expected: 'WIDTHxHEIGHTxFRAMES, with ; between them, such as 768x512x49;512x512x1',
      found: JSON.stringify(text),
    });
  });
}

/** `768x512x49` */
export function formatBucket({ width, height, frames }: ClipSize): string {
  return `${width}x${height}x${frames}`;
}

/**
 * The bucket of a clip, by the rule of LTX-2's trainer: of those that have no more frames than the clip, the nearest in aspect (difference of
 * logarithms); among equals the one with most frames, then the largest.
 * @returns undefined when the clip is shorter than every bucket
 */
export function nearestBucket(clip: ClipSize, buckets: readonly ClipSize[]): ClipSize | undefined {
  const aspect = Math.log(clip.width / clip.height);
  const distance = ({ width, height }: ClipSize): number => Math.abs(aspect - Math.log(width / height));
  return buckets
    .filter(({ frames }) => frames <= clip.frames)
    .toSorted((a, b) => distance(a) - distance(b) || b.frames - a.frames || b.width * b.height - a.width * a.height)
    .at(0);
}

/**
 * Refuses buckets that a model cannot encode.
 * @param sizeMultiple width and height are multiples of it, in pixels
 * @param frameMultiple frames are a multiple of it, plus 1
 * @throws AiprodError 'bad-input' that names the nearest bucket that it can
 */
export function checkBuckets(buckets: readonly ClipSize[], sizeMultiple: number, frameMultiple: number): void {
  for (const bucket of buckets) {
    const nearest = (size: number): number => Math.max(1, Math.round(size / sizeMultiple)) * sizeMultiple;
    const fitting = {
      width: nearest(bucket.width),
      height: nearest(bucket.height),
      frames: Math.round((bucket.frames - 1) / frameMultiple) * frameMultiple + 1,
    };
    if (formatBucket(fitting) === formatBucket(bucket)) continue;
    throw new AiprodError('bad-input', 'the model encodes no clips of this bucket', {
      expected: `sides in multiples of ${sizeMultiple}, ${frameMultiple} x n + 1 frames`,
      found: formatBucket(bucket),
      hint: `Use ${formatBucket(fitting)}`,
    });
  }
}
