import type { JobSize } from './generator-api';
import type { ModelTraits } from './job';

/** Shares of width, height and frames that are tried: small steps near the wish, down to a fifth. */
const SHARES = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2] as const;

/**
 * The largest settings that fit, in about the proportions that were wished for. What a job needs grows with its size, so that few
 * of them are planned (bisection).
 * @param fits whether a size fits; asked for at most five sizes
 * @returns undefined where the smallest does not fit either
 */
export async function fittingSize(
  wish: JobSize,
  traits: Pick<ModelTraits, 'sizeMultiple' | 'frameMultiple'>,
  fits: (size: JobSize) => Promise<boolean>,
): Promise<JobSize | undefined> {
  const sizes = sizesBelow(wish, traits);
  let low = 0;
  let high = sizes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await fits(sizes[middle])) high = middle;
    else low = middle + 1;
  }
  return sizes.at(low);
}

/** Sizes on the model's grid, from large to small, each once and none above the wish. */
function sizesBelow(wish: JobSize, { sizeMultiple, frameMultiple }: Pick<ModelTraits, 'sizeMultiple' | 'frameMultiple'>): JobSize[] {
  const side = (pixels: number, share: number): number =>
    Math.max(sizeMultiple, Math.round((pixels * share) / sizeMultiple) * sizeMultiple);
  const known = new Set([JSON.stringify([wish.width, wish.height, wish.frames])]);
  return SHARES.flatMap((share) => {
    const size = {
      width: Math.min(wish.width, side(wish.width, share)),
      height: Math.min(wish.height, side(wish.height, share)),
      frames: 1 + Math.floor(((wish.frames - 1) * share) / frameMultiple) * frameMultiple,
    };
    const key = JSON.stringify([size.width, size.height, size.frames]);
    if (known.has(key)) return [];
    known.add(key);
    return [size];
  });
}
