import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rgbaToYuv, yuvByteLength, yuvToRgba, type YuvMatrix } from './yuv';

/** 8-bit values of 75% colour bars (191) in BT.709 (SMPTE RP 219) and of full primaries in BT.601, as published. */
const PUBLISHED: readonly [YuvMatrix, [number, number, number], [number, number, number]][] = [
  ['bt709', [191, 191, 191], [180, 128, 128]],
  ['bt709', [191, 191, 0], [168, 44, 136]],
  ['bt709', [0, 191, 191], [145, 147, 44]],
  ['bt709', [0, 191, 0], [133, 63, 52]],
  ['bt709', [191, 0, 191], [63, 193, 204]],
  ['bt709', [191, 0, 0], [51, 109, 212]],
  ['bt709', [0, 0, 191], [28, 212, 120]],
  ['bt601', [255, 255, 255], [235, 128, 128]],
  ['bt601', [0, 0, 0], [16, 128, 128]],
  ['bt601', [255, 0, 0], [81, 90, 240]],
  ['bt601', [0, 255, 0], [145, 54, 34]],
  ['bt601', [0, 0, 255], [41, 240, 110]],
];

describe('rgbaToYuv', () => {
  it.each(PUBLISHED)('%s %j is %j', (matrix, rgb, yuv) => {
    const rgba = Uint8Array.from([...rgb, 255, ...rgb, 255, ...rgb, 255, ...rgb, 255]);
    const four = (value: number): number[] => [value, value, value, value];
    expect([...rgbaToYuv(rgba, 2, 2, matrix, '444')]).toEqual(yuv.flatMap(four));
    expect([...rgbaToYuv(rgba, 2, 2, matrix, '420')]).toEqual([...four(yuv[0]), yuv[1], yuv[2]]);
  });

  it('rounds half sizes up and takes the mean of the pixels that exist', () => {
    expect(yuvByteLength(5, 3, '420')).toBe(15 + 2 * 3 * 2);
    expect(yuvByteLength(5, 3, '444')).toBe(45);
    const red = new Uint8Array(5 * 3 * 4);
    for (let at = 0; at < red.length; at += 4) red[at] = 255;
    const planes = rgbaToYuv(red, 5, 3, 'bt601', '420');
    expect([...planes.subarray(15, 21)]).toEqual([90, 90, 90, 90, 90, 90]);
    expect([...planes.subarray(21)]).toEqual([240, 240, 240, 240, 240, 240]);
  });

  it('comes back within 2 of 255 at full chroma', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        fc.constantFrom<YuvMatrix>('bt601', 'bt709'),
        ([red = 0, green = 0, blue = 0], matrix) => {
          const rgba = Uint8Array.of(red, green, blue, 255);
          const back = yuvToRgba(rgbaToYuv(rgba, 1, 1, matrix, '444'), 1, 1, matrix, '444');
          for (let channel = 0; channel < 4; channel++)
            expect(Math.abs((back[channel] ?? 0) - (rgba[channel] ?? 0))).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
