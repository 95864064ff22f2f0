/** A clip for tests whose every frame is another: a gradient that drifts, and the frame's number as 16 black or white squares. */
export const TEST_RECIPE = {
  prompt: 'ein roter Würfel 🎲 "quoted" \\ \u0000\u007f',
  seed: 2 ** 53 - 1,
  settings: { steps: 30, cfg: 3.5, list: [1, [2, [3]]] },
  none: null,
};

/** `width * height * 4` bytes; smooth, so that lossy codecs keep it within a few units. */
export function testFrame(width: number, height: number, index: number): Uint8Array {
  const rgba = new Uint8Array(width * height * 4);
  const bit = Math.max(2, Math.floor(width / 16));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const isNumber = y < bit * 2;
      const shade = (index >> Math.floor(x / bit)) & 1 ? 255 : 0;
      rgba[at] = isNumber ? shade : Math.round((200 * x) / width) + 20;
      rgba[at + 1] = isNumber ? shade : Math.round((200 * y) / height) + 20;
      rgba[at + 2] = isNumber ? shade : (index * 9) % 256;
      rgba[at + 3] = 255;
    }
  }
  return rgba;
}

/** The number that `testFrame` drew. */
export function frameNumber(rgba: Uint8Array, width: number): number {
  const bit = Math.max(2, Math.floor(width / 16));
  let number = 0;
  for (let place = 0; place < Math.min(16, Math.floor(width / bit)); place++) {
    const at = (bit * width + place * bit + (bit >> 1)) * 4;
    if ((rgba[at + 1] ?? 0) > 127) number |= 1 << place;
  }
  return number;
}

/** Mean absolute difference over red, green and blue, in units of 255. */
export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) if (at % 4 !== 3) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / (a.length * 0.75);
}
