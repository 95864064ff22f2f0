import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameToRgba, rgbaToRgb, rgbToRgba, tensorToFrames } from './frames';

describe('frameToRgba', () => {
  it.each([
    [-1, 0],
    [1, 255],
    [0, 128], // 127.5, away from zero
    [-0.5, 64], // 63.75
    [0.5, 191], // 191.25
    [2 / 255, 129], // 128.5 in f32 is just above
    [-1.7, 0],
    [9, 255],
  ])('%f becomes %i', (value, byte) => {
    const shape = { layout: 'CFHW', frames: 1, height: 1, width: 1 } as const;
    expect([...frameToRgba(Float32Array.of(value, value, value), shape, 0)]).toEqual([byte, byte, byte, 255]);
  });

  it('reads both layouts', () => {
    const size = { frames: 3, height: 2, width: 5 };
    const planar = new Float32Array(3 * 3 * 2 * 5);
    const interleaved = new Float32Array(planar.length);
    const valueAt = (frame: number, channel: number, pixel: number): number => ((frame * 97 + channel * 31 + pixel * 7) % 256) / 127.5 - 1;
    for (let frame = 0; frame < 3; frame++) {
      for (let channel = 0; channel < 3; channel++) {
        for (let pixel = 0; pixel < 10; pixel++) {
          planar[(channel * 3 + frame) * 10 + pixel] = valueAt(frame, channel, pixel);
          interleaved[(frame * 10 + pixel) * 3 + channel] = valueAt(frame, channel, pixel);
        }
      }
    }
    const frames = tensorToFrames(planar, { layout: 'CFHW', ...size });
    expect(frames).toEqual(tensorToFrames(interleaved, { layout: 'FHWC', ...size }));
    expect(frames[2]?.[9 * 4 + 1]).toBe((2 * 97 + 31 + 9 * 7) % 256);
  });

  it('refuses NaN, infinities and a wrong size', () => {
    const shape = { layout: 'CFHW', frames: 1, height: 1, width: 2 } as const;
    for (const value of [NaN, Infinity, -Infinity]) {
      expect(() => frameToRgba(Float32Array.of(0, 0, 0, 0, 0, value), shape, 0)).toThrow(/channel 2, row 0, column 1/);
    }
    expect(() => frameToRgba(new Float32Array(5), shape, 0)).toThrow(expect.objectContaining({ code: 'shape-mismatch' }));
    expect(() => frameToRgba(new Float32Array(6), shape, 1)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});

it('RGB to RGBA and back is the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 300 }), (bytes) => {
      const rgb = bytes.subarray(0, bytes.length - (bytes.length % 3));
      expect(rgbaToRgb(rgbToRgba(rgb))).toEqual(new Uint8Array(rgb));
    }),
  );
});
