/** Decoded video tensors to 8-bit frames, and between RGB and RGBA. */
import { AiprodError } from '../errors';

/** `CFHW`: `[3, F, H, W]`, what a video VAE gives for one sample; `FHWC`: `[F, H, W, 3]`. */
export type VideoTensorLayout = 'CFHW' | 'FHWC';

export interface VideoTensorShape {
  readonly layout: VideoTensorLayout;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/**
 * One frame of a video tensor as RGBA8, alpha 255.
 *
 * A value x in [-1, 1] becomes `round(clamp((x * 0.5 + 0.5) * 255, 0, 255))`, halves away from zero; values outside the
 * range are clamped. The arithmetic is in f64, so the result depends on nothing but x.
 *
 * @throws shape-mismatch when `data` has not `3 * frames * height * width` values; not-finite on NaN or an infinity.
 */
export function frameToRgba(data: Float32Array, shape: VideoTensorShape, frame: number): Uint8Array {
  const { layout, frames, height, width } = shape;
  const pixels = height * width;
  if (data.length !== 3 * frames * pixels) {
    throw new AiprodError('shape-mismatch', 'The video tensor has another size than its shape says', {
      expected: `${3 * frames * pixels} values for ${frames} frames of ${width}x${height}`,
      found: String(data.length),
    });
  }
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
    throw new AiprodError('internal', 'No such frame in the video tensor', { expected: `0 to ${frames - 1}`, found: String(frame) });
  }
  const rgba = new Uint8Array(pixels * 4).fill(255);
  const channelStride = layout === 'CFHW' ? frames * pixels : 1;
  const pixelStride = layout === 'CFHW' ? 1 : 3;
  const start = layout === 'CFHW' ? frame * pixels : frame * pixels * 3;
  for (let channel = 0; channel < 3; channel++) {
    let source = start + channel * channelStride;
    for (let pixel = 0; pixel < pixels; pixel++, source += pixelStride) {
      const value = data[source] ?? NaN;
      if (!Number.isFinite(value)) {
        throw new AiprodError('not-finite', 'The decoded video holds a value that is no number', {
          found: `${value} in frame ${frame}, channel ${channel}, row ${Math.floor(pixel / width)}, column ${pixel % width}`,
          hint: 'Try --dtype f32, or check the weights with "aiprod models verify"',
        });
      }
      rgba[pixel * 4 + channel] = Math.round(Math.min(255, Math.max(0, (value * 0.5 + 0.5) * 255)));
    }
  }
  return rgba;
}

/** All frames of a video tensor as RGBA8, see `frameToRgba`; where memory counts, ask for them one at a time instead. */
export function tensorToFrames(data: Float32Array, shape: VideoTensorShape): Uint8Array[] {
  return Array.from({ length: shape.frames }, (_, frame) => frameToRgba(data, shape, frame));
}

/** RGBA8 to RGB8, dropping alpha: `pixels * 4` bytes to `pixels * 3`. */
export function rgbaToRgb(rgba: Uint8Array): Uint8Array {
  const pixels = rgba.length >> 2;
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += 4, to += 3) {
    rgb[to] = rgba[from] ?? 0;
    rgb[to + 1] = rgba[from + 1] ?? 0;
    rgb[to + 2] = rgba[from + 2] ?? 0;
  }
  return rgb;
}

/** RGB8 to RGBA8 with alpha 255: `pixels * 3` bytes to `pixels * 4`. */
export function rgbToRgba(rgb: Uint8Array): Uint8Array {
  const pixels = Math.floor(rgb.length / 3);
  const rgba = new Uint8Array(pixels * 4).fill(255);
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += 3, to += 4) {
    rgba[to] = rgb[from] ?? 0;
    rgba[to + 1] = rgb[from + 1] ?? 0;
    rgba[to + 2] = rgb[from + 2] ?? 0;
  }
  return rgba;
}
