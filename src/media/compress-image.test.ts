import { describe, expect, it } from 'vitest';
import { psnrOfError } from '../metrics';
import { compressImage } from './node';
import { testPicture } from './testing';
import type { DecodedImage } from './types';
import { rgbaToYuv } from './yuv';

const luma = ({ width, height, rgba }: DecodedImage): Uint8Array =>
  rgbaToYuv(rgba, width, height, 'bt709', '420').subarray(0, width * height);

/** Peak signal-to-noise ratio of the brightness of two pictures of a size, in dB. */
function likeness(a: DecodedImage, b: DecodedImage): number {
  const [x, y] = [luma(a), luma(b)];
  return psnrOfError(x.reduce((sum, value, k) => sum + (value - y[k]) ** 2, 0) / x.length, 255);
}

describe('an image that was coded once', () => {
  const picture = testPicture(384, 256);

  /** What libx264 (core 164 by ffmpeg 5.1.9, preset veryfast, one frame of yuv420p) leaves of this picture's brightness, in dB. */
  it.each([
    [25, 44.62],
    [33, 40.33],
    [40, 37.24],
  ])('loses at CRF %i what libx264 loses, within 2 dB', async (crf, reference) => {
    const coded = await compressImage(picture, crf);
    console.info(`CRF ${crf}: ${likeness(picture, coded).toFixed(2)} dB, libx264 ${reference} dB`);
    expect(Math.abs(likeness(picture, coded) - reference)).toBeLessThan(2);
  });

  it('is the same every time', async () => {
    const [first, second] = [await compressImage(picture, 33), await compressImage(picture, 33)];
    expect(second.rgba).toEqual(first.rgba);
  });

  it('stays as it is at CRF 0', async () => {
    expect(await compressImage(picture, 0)).toBe(picture);
  });

  it.each([
    [65, 47, 64, 46],
    [64, 47, 64, 46],
    [3, 2, 2, 2],
    [2049, 9, 2048, 8],
  ])('of %i x %i is %i x %i, since colour has half the resolution', async (width, height, evenWidth, evenHeight) => {
    const whole = testPicture(width, height);
    const coded = await compressImage(whole, 1);
    expect(coded).toMatchObject({ width: evenWidth, height: evenHeight });
    const kept = new Uint8Array(evenWidth * evenHeight * 4);
    for (let row = 0; row < evenHeight; row++) {
      kept.set(whole.rgba.subarray(row * width * 4, (row * width + evenWidth) * 4), row * evenWidth * 4);
    }
    expect(likeness({ width: evenWidth, height: evenHeight, rgba: kept }, coded)).toBeGreaterThan(35);
  });

  it('is refused where there is nothing to code, and at no rate factor', async () => {
    await expect(compressImage(testPicture(1, 64), 33)).rejects.toMatchObject({ code: 'bad-input' });
    for (const crf of [-1, 52, NaN]) await expect(compressImage(picture, crf)).rejects.toMatchObject({ code: 'bad-usage' });
  });
});
