import { permute, reshape, type Tensor } from '../../graph';
import { AiprodError } from '../../errors';

/** Sizes of a block of frames, rows and columns. */
export type BlockSize = readonly [frames: number, rows: number, columns: number];

/**
 * Blocks of space-time to channels: [B, F, H, W, C] to [B, F/f, H/h, W/w, C*f*h*w], new channels in the order channel, frame,
 * row, column.
 */
export function spaceToDepth(x: Tensor, [f, h, w]: BlockSize): Tensor {
  const [batch, frames, rows, columns, channels] = x.shape;
  if (frames % f !== 0 || rows % h !== 0 || columns % w !== 0) {
    throw new AiprodError('shape-mismatch', 'the video does not divide into the blocks that the model shrinks', {
      expected: `frames, rows and columns divisible by ${f}, ${h}, ${w}`,
      found: `${frames}, ${rows}, ${columns}`,
    });
  }
  const blocks = reshape(x, [batch, frames / f, f, rows / h, h, columns / w, w, channels]);
  return reshape(permute(blocks, [0, 1, 3, 5, 7, 2, 4, 6]), [batch, frames / f, rows / h, columns / w, channels * f * h * w]);
}

/** The inverse of {@link spaceToDepth}: [B, F, H, W, C*f*h*w] to [B, F*f, H*h, W*w, C]. */
export function depthToSpace(x: Tensor, [f, h, w]: BlockSize): Tensor {
  const [batch, frames, rows, columns, deep] = x.shape;
  const channels = deep / (f * h * w);
  const blocks = reshape(x, [batch, frames, rows, columns, channels, f, h, w]);
  return reshape(permute(blocks, [0, 1, 5, 2, 6, 3, 7, 4]), [batch, frames * f, rows * h, columns * w, channels]);
}

/**
 * The VAE's door in: pixels [B, C, F, H, W] to patches [B, F, H/p, W/p, C*p*p], channels in the order channel, column, row (the
 * reference's order; width before height).
 */
export function patchifyPixels(video: Tensor, p: number): Tensor {
  const [batch, channels, frames, rows, columns] = video.shape;
  const blocks = reshape(video, [batch, channels, frames, rows / p, p, columns / p, p]);
  return reshape(permute(blocks, [0, 2, 3, 5, 1, 6, 4]), [batch, frames, rows / p, columns / p, channels * p * p]);
}

/** The VAE's door out, the inverse of {@link patchifyPixels}: [B, F, H, W, C*p*p] to pixels [B, C, F, H*p, W*p]. */
export function unpatchifyPixels(x: Tensor, p: number): Tensor {
  const [batch, frames, rows, columns, deep] = x.shape;
  const channels = deep / (p * p);
  const blocks = reshape(x, [batch, frames, rows, columns, channels, p, p]);
  return reshape(permute(blocks, [0, 4, 1, 2, 6, 3, 5]), [batch, channels, frames, rows * p, columns * p]);
}
