import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { easingSchema } from './animated';
import { eased, valueAt } from './evaluate';

const computed = z
  .array(z.object({ easing: easingSchema, progress: z.number(), expected: z.number() }))
  .parse(JSON.parse(readFileSync(new URL('../fixtures/easings.json', import.meta.url), 'utf8')));

describe('easing', () => {
  it('is that of CSS, as Chromium computes it', () => {
    expect(computed).toHaveLength(35);
    // Chromium stops its search for t at an error of 1e-6 to 1e-4 of the duration.
    for (const { easing, progress, expected } of computed) expect(Math.abs(eased(easing, progress) - expected)).toBeLessThan(1e-5);
  });

  it('lies on its Bezier curve', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const height = fc.double({ min: -2, max: 3, noNaN: true });
    fc.assert(
      fc.property(share, height, share, height, share, (x1, y1, x2, y2, t) => {
        const point = (a: number, b: number): number => 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t ** 2 * b + t ** 3;
        const [x, y] = [point(x1, x2), point(y1, y2)];
        // Where the curve is steep, rounding of x moves y: the slope of y over x stays bounded away from the places where x stands still.
        const pace = 3 * (1 - t) ** 2 * x1 + 6 * (1 - t) * t * (x2 - x1) + 3 * t ** 2 * (1 - x2);
        fc.pre(pace > 1e-3);
        expect(Math.abs(eased([x1, y1, x2, y2], x) - y)).toBeLessThan(1e-7);
      }),
    );
  });
});

describe('a value over time', () => {
  const animated = {
    keyframes: [
      { frame: 10, value: 0, easing: 'linear' as const },
      { frame: 20, value: 100, easing: 'hold' as const },
      { frame: 30, value: 50, easing: 'linear' as const },
    ],
  };

  it('is itself without keyframes', () => {
    expect(valueAt(7, 123)).toBe(7);
  });

  it('goes from keyframe to keyframe, and holds before and after them', () => {
    expect([0, 10, 12.5, 15, 20, 29, 30, 99].map((frame) => valueAt(animated, frame))).toEqual([0, 0, 25, 50, 100, 100, 50, 50]);
  });
});
