import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { packedShape, packLatents, unpackLatents, type LatentShape } from './patchifiers';

describe('patchify', () => {
  test('without patches moves channels last', () => {
    // Two channels of one 1 x 3 frame.
    const tokens = packLatents(Float32Array.of(1, 2, 3, 10, 20, 30), [1, 2, 1, 1, 3], { patch_size: 1, patch_size_t: 1 });
    expect(Array.from(tokens)).toEqual([1, 10, 2, 20, 3, 30]);
  });

  test('is undone by unpatchify for every shape', () => {
    const size = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(size, size, size, size, size, size, size, (b, c, f, h, w, p, pt) => {
        const shape: LatentShape = [b, c, f * pt, h * p, w * p];
        const patch = { patch_size: p, patch_size_t: pt };
        const latents = Float32Array.from({ length: b * c * f * pt * h * p * w * p }, (_, i) => i);
        const tokens = packLatents(latents, shape, patch);
        expect(packedShape(shape, patch)).toEqual([b, f * h * w, c * pt * p * p]);
        expect(new Set(tokens).size).toBe(latents.length);
        expect(unpackLatents(tokens, shape, patch)).toEqual(latents);
      }),
    );
  });

  test('refuses sizes that do not divide and data that does not fit', () => {
    const patch = { patch_size: 2, patch_size_t: 1 };
    expect(() => packLatents(new Float32Array(6), [1, 1, 1, 2, 3], patch)).toThrow(AiprodError);
    expect(() => packLatents(new Float32Array(5), [1, 1, 1, 2, 2], patch)).toThrow(/4 elements.*5/);
    expect(() => unpackLatents(new Float32Array(5), [1, 1, 1, 2, 2], patch)).toThrow(/4 elements.*5/);
  });
});
