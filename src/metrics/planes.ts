/** One plane of samples: a colour channel, luma or chroma. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Rows from the top, `width * height` values. */
  readonly samples: Uint8Array | Uint16Array | Float64Array;
  /** The value of white, 255 for 8 bits. */
  readonly peak: number;
}

/** Red, green and blue of an RGBA8 or RGB8 frame as planes; alpha is not compared. */
export function colorPlanes(pixels: Uint8Array, width: number, height: number): [Plane, Plane, Plane] {
  const stride = pixels.length / (width * height);
  const channel = (offset: number): Plane => {
    const samples = new Uint8Array(width * height);
    for (let pixel = 0; pixel < samples.length; pixel++) samples[pixel] = pixels[pixel * stride + offset];
    return { width, height, samples, peak: 255 };
  };
  return [channel(0), channel(1), channel(2)];
}

/**
 * Luma of an RGBA8 or RGB8 frame, 0..255: `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601), rounded to 8 bits with weights in
 * 16-bit fixed point, as Pillow's mode `L` has it.
 */
export function lumaPlane(pixels: Uint8Array, width: number, height: number): Plane {
  const stride = pixels.length / (width * height);
  const samples = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < samples.length; pixel++, at += stride) {
    samples[pixel] = (pixels[at] * 19595 + pixels[at + 1] * 38470 + pixels[at + 2] * 7471 + 0x8000) >> 16;
  }
  return { width, height, samples, peak: 255 };
}
