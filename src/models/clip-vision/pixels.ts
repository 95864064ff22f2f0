/** Mean and standard deviation of red, green and blue, 0 to 1, of the images that CLIP was trained with. */
const mean = [0.48145466, 0.4578275, 0.40821073];
const std = [0.26862954, 0.26130258, 0.27577711];

/** Pixels of one image [3, H, W], -1 to 1, as CLIP reads them: normalised by channel (`CLIPImageProcessor`). */
export function clipVisionPixels(pixels: Float32Array): Float32Array {
  const plane = pixels.length / 3;
  return pixels.map((value, k) => {
    const channel = Math.floor(k / plane);
    return (value / 2 + 0.5 - mean[channel]) / std[channel];
  });
}
