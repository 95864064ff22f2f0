/** sRGB in f64, the reference of kernels/image/srgb.wgsl. */
export type Rgb = readonly [number, number, number];
/** Straight alpha. */
export type Rgba = readonly [number, number, number, number];

/** Light of an encoded value (IEC 61966-2-1), mirrored at 0. */
export function toLinear(encoded: number): number {
  const size = Math.abs(encoded);
  return Math.sign(encoded) * (size <= 0.04045 ? size / 12.92 : ((size + 0.055) / 1.055) ** 2.4);
}

/** Encoded value of light. */
export function toEncoded(linear: number): number {
  const size = Math.abs(linear);
  return Math.sign(linear) * (size <= 0.0031308 ? size * 12.92 : 1.055 * size ** (1 / 2.4) - 0.055);
}

/** Luma of encoded values, luminance of linear ones (Rec. 709). */
export const luma = ([red, green, blue]: Rgb | Rgba): number => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

/** #rrggbb as encoded values. */
export function parseColor(hex: string): Rgb {
  const value = parseInt(hex.slice(1, 7), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
