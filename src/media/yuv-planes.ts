/**
 * Luma and chroma as any file may store them: 8 to 16 bits, limited or full range, chroma at full, half or quarter
 * resolution, or none. What our own writers make is in `yuv.ts`.
 */

/** BT.601 (SMPTE 170M, BT.470BG), BT.709, and BT.2020 with non-constant luminance. */
export type StoredMatrix = 'bt601' | 'bt709' | 'bt2020';

/** `422`: one chroma sample for 2 x 1 pixels. `400`: luma alone. */
export type StoredSampling = '444' | '422' | '420' | '400';

/** How planes are laid out and what their numbers mean. */
export interface YuvLayout {
  readonly width: number;
  readonly height: number;
  readonly sampling: StoredSampling;
  /** Bits of a sample; above 8 a sample is two bytes, the lower first. */
  readonly bitDepth: number;
  readonly matrix: StoredMatrix;
  /** Whether 0 is black and the largest number white; else 16 and 235 are, times 2^(bits - 8). */
  readonly fullRange: boolean;
}

/** Rows from the top without padding. `cb` and `cr` are empty for 4:0:0. */
export interface YuvPlanes extends YuvLayout {
  readonly y: Uint8Array | Uint16Array;
  readonly cb: Uint8Array | Uint16Array;
  readonly cr: Uint8Array | Uint16Array;
}

/** Kr and Kb: ITU-R BT.601-7 section 2.5.1, BT.709-6 section 3.2, BT.2020-2 table 4. */
export const LUMA_WEIGHTS: Readonly<Record<StoredMatrix, { kr: number; kb: number }>> = {
  bt601: { kr: 0.299, kb: 0.114 },
  bt709: { kr: 0.2126, kb: 0.0722 },
  bt2020: { kr: 0.2627, kb: 0.0593 },
};

/** Columns and rows of a chroma plane; half sizes round up. */
export function chromaSize({ width, height, sampling }: Pick<YuvLayout, 'width' | 'height' | 'sampling'>): {
  columns: number;
  rows: number;
} {
  if (sampling === '400') return { columns: 0, rows: 0 };
  return { columns: sampling === '444' ? width : (width + 1) >> 1, rows: sampling === '420' ? (height + 1) >> 1 : height };
}

/** Bytes of one frame with its planes one after another. */
export function planesByteLength(layout: YuvLayout): number {
  const { columns, rows } = chromaSize(layout);
  return (layout.width * layout.height + 2 * columns * rows) * (layout.bitDepth > 8 ? 2 : 1);
}

/** Y, Cb and Cr out of one buffer of `planesByteLength` bytes; 8-bit planes are views of it. */
export function splitPlanes(bytes: Uint8Array, layout: YuvLayout): YuvPlanes {
  const { columns, rows } = chromaSize(layout);
  const lumaLength = layout.width * layout.height;
  const chromaLength = columns * rows;
  // A copy begins at 0, as a view of 16-bit numbers must at an even byte.
  const samples = layout.bitDepth > 8 ? new Uint16Array(new Uint8Array(bytes).buffer) : bytes;
  return {
    ...layout,
    y: samples.subarray(0, lumaLength),
    cb: samples.subarray(lumaLength, lumaLength + chromaLength),
    cr: samples.subarray(lumaLength + chromaLength, lumaLength + 2 * chromaLength),
  };
}

/**
 * To RGBA8 with alpha 255, by the formulas of `yuv.ts` for any depth and range; chroma is repeated over its block. Transfer
 * functions are left as they are, so that high dynamic range looks flat.
 */
export function planesToRgba(planes: YuvPlanes): Uint8Array {
  const { width, height, sampling, bitDepth, matrix, fullRange, y: luma, cb, cr } = planes;
  const { kr, kb } = LUMA_WEIGHTS[matrix];
  const kg = 1 - kr - kb;
  const unit = 2 ** (bitDepth - 8);
  const black = fullRange ? 0 : 16 * unit;
  const lumaScale = fullRange ? 255 / (256 * unit - 1) : 255 / (219 * unit);
  const chromaScale = fullRange ? lumaScale : 255 / (224 * unit);
  const middle = 128 * unit;
  const { columns } = chromaSize(planes);
  const shiftX = sampling === '444' ? 0 : 1;
  const shiftY = sampling === '420' ? 1 : 0;
  const hasChroma = sampling !== '400';
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column;
      const chroma = (row >> shiftY) * columns + (column >> shiftX);
      const lightness = (luma[pixel] - black) * lumaScale;
      const blue = hasChroma ? (cb[chroma] - middle) * chromaScale * 2 * (1 - kb) : 0;
      const red = hasChroma ? (cr[chroma] - middle) * chromaScale * 2 * (1 - kr) : 0;
      const at = pixel * 4;
      rgba[at] = Math.round(lightness + red);
      rgba[at + 1] = Math.round(lightness - (kb * blue + kr * red) / kg);
      rgba[at + 2] = Math.round(lightness + blue);
      rgba[at + 3] = 255;
    }
  }
  return new Uint8Array(rgba.buffer);
}
