/**
 * R'G'B' to Y'CbCr and back, 8 bit, limited range (Y' 16..235, Cb and Cr 16..240).
 *
 * The luma weights are those of ITU-R BT.601-7 (section 2.5.1: Kr 0.299, Kb 0.114) and ITU-R BT.709-6 (section 3.2: Kr 0.2126,
 * Kb 0.0722); the quantisation is section 3.5 / 3.4 of the same documents:
 *
 *     Y' = Kr R' + (1 - Kr - Kb) G' + Kb B'      16 + 219 Y'
 *     Cb = (B' - Y') / (2 (1 - Kb))              128 + 224 Cb
 *     Cr = (R' - Y') / (2 (1 - Kr))              128 + 224 Cr
 *
 * Compressed video here is always BT.709 and says so in the file. Y4M has no field for the matrix and its readers assume
 * BT.601, so Y4M is BT.601.
 */
import { LUMA_WEIGHTS, planesToRgba, splitPlanes } from './yuv-planes';

export type YuvMatrix = 'bt601' | 'bt709';

/** `444`: chroma for every pixel. `420`: one chroma sample for 2 x 2 pixels, their mean (sited in their centre). */
export type ChromaSampling = '444' | '420';

/** Bytes of one planar frame: Y, then Cb, then Cr, rows without padding; half sizes round up. */
export function yuvByteLength(width: number, height: number, sampling: ChromaSampling): number {
  return width * height + 2 * chromaWidth(width, sampling) * chromaWidth(height, sampling);
}

const chromaWidth = (size: number, sampling: ChromaSampling): number => (sampling === '444' ? size : (size + 1) >> 1);

/**
 * RGBA8 to planar YUV (I444 or I420).
 *
 * Chroma is linear in R'G'B', so the chroma of a block is computed from the block's mean colour. On an odd edge the block is
 * the pixels that exist.
 */
export function rgbaToYuv(rgba: Uint8Array, width: number, height: number, matrix: YuvMatrix, sampling: ChromaSampling): Uint8Array {
  const { kr, kb } = LUMA_WEIGHTS[matrix];
  const kg = 1 - kr - kb;
  const planes = new Uint8Array(yuvByteLength(width, height, sampling));
  const pixels = width * height;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * 4;
    const luma = kr * (rgba[at] ?? 0) + kg * (rgba[at + 1] ?? 0) + kb * (rgba[at + 2] ?? 0);
    planes[pixel] = Math.round(16 + (219 / 255) * luma);
  }
  const block = sampling === '444' ? 1 : 2;
  const columns = chromaWidth(width, sampling);
  const rows = chromaWidth(height, sampling);
  const cbScale = 224 / 255 / (2 * (1 - kb));
  const crScale = 224 / 255 / (2 * (1 - kr));
  for (let row = 0; row < rows; row++) {
    const lastY = Math.min(height, (row + 1) * block);
    for (let column = 0; column < columns; column++) {
      const lastX = Math.min(width, (column + 1) * block);
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let y = row * block; y < lastY; y++) {
        for (let x = column * block; x < lastX; x++) {
          const at = (y * width + x) * 4;
          red += rgba[at] ?? 0;
          green += rgba[at + 1] ?? 0;
          blue += rgba[at + 2] ?? 0;
        }
      }
      const count = (lastY - row * block) * (lastX - column * block);
      const luma = kr * red + kg * green + kb * blue;
      const at = pixels + row * columns + column;
      planes[at] = Math.round(128 + (cbScale * (blue - luma)) / count);
      planes[at + rows * columns] = Math.round(128 + (crScale * (red - luma)) / count);
    }
  }
  return planes;
}

/** Planar YUV (I444 or I420, limited range) to RGBA8, alpha 255; 4:2:0 chroma is repeated over its block. */
export function yuvToRgba(planes: Uint8Array, width: number, height: number, matrix: YuvMatrix, sampling: ChromaSampling): Uint8Array {
  return planesToRgba(splitPlanes(planes, { width, height, sampling, matrix, fullRange: false, bitDepth: 8 }));
}
