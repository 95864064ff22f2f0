import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fittingSize } from './fitting-size';
import type { JobSize } from './generator-api';

const volume = ({ width, height, frames }: JobSize): number => width * height * frames;

it('finds settings on the grid that fit, in few questions, and the largest of those it may choose from', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        columns: fc.integer({ min: 1, max: 60 }),
        rows: fc.integer({ min: 1, max: 60 }),
        groups: fc.integer({ min: 0, max: 60 }),
        sizeMultiple: fc.constantFrom(16, 32),
        frameMultiple: fc.constantFrom(4, 8),
        share: fc.double({ min: 0.001, max: 1, noNaN: true }),
      }),
      async ({ columns, rows, groups, sizeMultiple, frameMultiple, share }) => {
        const wish = { width: columns * sizeMultiple, height: rows * sizeMultiple, frames: 1 + groups * frameMultiple };
        const limit = volume(wish) * share;
        const asked: JobSize[] = [];
        const nearest = await fittingSize(wish, { sizeMultiple, frameMultiple }, async (size) => {
          asked.push(size);
          return volume(size) <= limit;
        });
        expect(asked.length).toBeLessThanOrEqual(5);
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

it('keeps to the proportions', async () => {
  const wish = { width: 768, height: 512, frames: 121 };
  const nearest = await fittingSize(wish, { sizeMultiple: 32, frameMultiple: 8 }, async (size) => volume(size) <= volume(wish) / 8);
  expect(nearest).toEqual({ width: 384, height: 256, frames: 57 });
});
