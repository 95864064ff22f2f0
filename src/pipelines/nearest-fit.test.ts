import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JobSize } from './generator-api';
import { largestThatFits, smallerSizes, type FitOptions } from './nearest-fit';

const volume = ({ width, height, frames }: JobSize): number => width * height * frames;

it('finds settings on the grid that fit, in few questions, and the largest of those it may choose from', () => {
  fc.assert(
    fc.property(
      fc.record({
        columns: fc.integer({ min: 1, max: 60 }),
        rows: fc.integer({ min: 1, max: 60 }),
        groups: fc.integer({ min: 0, max: 60 }),
        sizeMultiple: fc.constantFrom(16, 32),
        frameMultiple: fc.constantFrom(4, 8),
        inProportion: fc.boolean(),
        share: fc.double({ min: 0.001, max: 1, noNaN: true }),
      }),
      ({ columns, rows, groups, sizeMultiple, frameMultiple, inProportion, share }) => {
        const wish = { width: columns * sizeMultiple, height: rows * sizeMultiple, frames: 1 + groups * frameMultiple };
        const limit = volume(wish) * share;
        const asked: JobSize[] = [];
        const sizes = smallerSizes(wish, { sizeMultiple, frameMultiple }, { inProportion });
        const nearest = largestThatFits(sizes, (size) => {
          asked.push(size);
          return { fits: volume(size) <= limit };
        })?.size;
        expect(asked.length).toBeLessThanOrEqual(6);
        const refused = asked.filter((size) => volume(size) > limit);
        if (nearest === undefined) {
          expect(refused).toHaveLength(asked.length);
          return;
        }
        expect(volume(nearest)).toBeLessThanOrEqual(limit);
        expect(nearest.width % sizeMultiple).toBe(0);
        expect(nearest.height % sizeMultiple).toBe(0);
        expect((nearest.frames - 1) % frameMultiple).toBe(0);
        expect(volume(nearest)).toBeLessThan(volume(wish));
        for (const size of refused) expect(volume(size)).toBeGreaterThan(volume(nearest));
      },
    ),
  );
});

const wish = { width: 768, height: 512, frames: 121 };
const nearestTo = (volumes: number, options: FitOptions, fixedFrames = false) =>
  largestThatFits(smallerSizes(wish, { sizeMultiple: 32, frameMultiple: 8, fixedFrames }, options), (size) => ({
    fits: volume(size) <= volume(wish) / volumes,
  }))?.size;

it('keeps to the proportions where these are asked for, and else takes the largest clip, of the frames of a given video', () => {
  expect(nearestTo(8, { inProportion: true })).toEqual({ width: 384, height: 256, frames: 57 });
  expect(nearestTo(1.9, {})).toEqual({ width: 768, height: 512, frames: 57 });
  expect(nearestTo(1.9, {}, true)).toEqual({ width: 384, height: 256, frames: 121 });
});

it('passes over what cannot be made, from the small end', () => {
  const sizes = smallerSizes(wish, { sizeMultiple: 32, frameMultiple: 8 }, {});
  const makeable = (size: JobSize) => (size.width < 256 ? undefined : { fits: volume(size) <= volume(wish) / 30 });
  expect(largestThatFits(sizes, makeable)?.size).toEqual({ width: 288, height: 192, frames: 25 });
  expect(largestThatFits(sizes, () => undefined)).toBeUndefined();
});
