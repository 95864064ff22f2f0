/**
 * Resizing of 8-bit images with an antialiased filter, to the very bytes of Pillow's `Image.resize`: weights in fixed point of
 * 22 bits, along rows and along columns, each pass rounded to 8 bits (Pillow, `src/libImaging/Resample.c`). Models were trained on
 * images that were resized so, and perceptual hashes are defined by it.
 */

export type ResampleFilter = 'bilinear' | 'bicubic' | 'lanczos';

/** The part of the source that is resized, in pixels; fractions are meant. */
export interface ResampleBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Kernel {
  /** Reach to each side in source pixels at equal size; widened by the ratio where the image becomes smaller. */
  readonly support: number;
  weight(x: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Of the cubic convolution kernel (Keys 1981). */
const CUBIC = -0.5;

const KERNELS: Readonly<Record<ResampleFilter, Kernel>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight(signed) {
      const x = Math.abs(signed);
      if (x < 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Bits of a weight after the point: 32, less 8 of a sample and 2 for what a filter may overshoot. */
const PRECISION = 22;

interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

/** For each place of the result where its weights begin, and the weights. */
function tapsOf(size: number, start: number, end: number, wanted: number, kernel: Kernel): Taps[] {
  const scale = (end - start) / wanted;
  const filterScale = Math.max(1, scale);
  const support = kernel.support * filterScale;
  return Array.from({ length: wanted }, (_, place) => {
    const centre = start + (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(size, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: last - first }, (_, tap) => kernel.weight((tap + first - centre + 0.5) / filterScale));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const fixed = weights.map((weight) => {
      const scaled = (total === 0 ? weight : weight / total) * 2 ** PRECISION;
      return Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    });
    return { first, weights: Int32Array.from(fixed) };
  });
}

/**
 * Resizes interleaved 8-bit samples.
 * @param samples `height * width * channels` bytes, rows from the top
 * @param box within the image; the whole image when absent
 * @returns `wanted.height * wanted.width * channels` bytes
 */
export function resampleImage(
  samples: Uint8Array,
  size: { readonly width: number; readonly height: number },
  channels: number,
  wanted: { readonly width: number; readonly height: number },
  filter: ResampleFilter,
  box: ResampleBox = { left: 0, top: 0, right: size.width, bottom: size.height },
): Uint8Array {
  const { width, height } = size;
  const kernel = KERNELS[filter];
  const rows = (samples: Uint8Array, lines: number): Uint8Array => {
    if (wanted.width === width && box.left === 0 && box.right === width) return samples;
    const taps = tapsOf(width, box.left, box.right, wanted.width, kernel);
    return pass(samples, taps, { count: lines, step: width * channels, stride: channels }, channels);
  };
  const columns = (samples: Uint8Array, across: number): Uint8Array => {
    if (wanted.height === height && box.top === 0 && box.bottom === height) return samples;
    const taps = tapsOf(height, box.top, box.bottom, wanted.height, kernel);
    const turned = pass(samples, taps, { count: across, step: channels, stride: across * channels }, channels);
    return transposed(turned, across, wanted.height, channels);
  };
  // Pillow 13 takes columns first where the picture becomes much lower and hardly narrower; before it, rows were always first.
  const columnsFirst = wanted.height < height && height - wanted.height > 2 * (width - wanted.width);
  const result = columnsFirst ? rows(columns(samples, width), wanted.height) : columns(rows(samples, height), wanted.width);
  return result === samples ? samples.slice() : result;
}

/** One-dimensional pass over lines: line `k` begins at `k * step`, its samples are `stride` apart; results lie line by line. */
function pass(
  samples: Uint8Array,
  taps: readonly Taps[],
  { count, step, stride }: { readonly count: number; readonly step: number; readonly stride: number },
  channels: number,
): Uint8Array {
  const result = new Uint8ClampedArray(count * taps.length * channels);
  const half = 2 ** (PRECISION - 1);
  let to = 0;
  for (let line = 0; line < count; line++) {
    for (const { first, weights } of taps) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        let from = line * step + first * stride + channel;
        for (let tap = 0; tap < weights.length; tap++, from += stride) sum += samples[from] * weights[tap];
        result[to++] = Math.floor(sum / 2 ** PRECISION);
      }
    }
  }
  return new Uint8Array(result.buffer);
}

function transposed(lines: Uint8Array, width: number, height: number, channels: number): Uint8Array {
  const result = new Uint8Array(lines.length);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < channels; channel++) {
        result[(y * width + x) * channels + channel] = lines[(x * height + y) * channels + channel];
      }
    }
  }
  return result;
}
