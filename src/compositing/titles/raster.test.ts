import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { addLine, addQuadratic, fillOutlines, type Sides } from './raster';

const size = { width: 64, height: 48 };

function filled(sides: Sides): Float64Array {
  const whole = new Float64Array(size.width * size.height);
  fillOutlines(sides, size, (y, coverage) => whole.set(coverage, y * size.width));
  return whole;
}

function polygon(sides: Sides, points: readonly (readonly [number, number])[]): void {
  points.forEach(([x, y], at) => addLine(sides, x, y, ...points[(at + 1) % points.length]));
}

const area = (coverage: Float64Array): number => coverage.reduce((sum, value) => sum + value, 0);

describe('filling', () => {
  it('covers pixels by the part of them that is inside', () => {
    const sides: Sides = [];
    polygon(sides, [
      [10.25, 5],
      [20.5, 5],
      [20.5, 9.75],
      [10.25, 9.75],
    ]);
    const coverage = filled(sides);
    expect(area(coverage)).toBeCloseTo(10.25 * 4.75, 9);
    expect([10, 11, 20, 21].map((x) => coverage[6 * size.width + x])).toEqual([0.75, 1, 0.5, 0]);
    expect(coverage[9 * size.width + 12]).toBe(0.75);
  });

  it('joins what overlaps, empties what goes round the other way, and cuts off what is outside', () => {
    const square = (from: number, to: number): (readonly [number, number])[] => [
      [from, from],
      [to, from],
      [to, to],
      [from, to],
    ];
    const twice: Sides = [];
    polygon(twice, square(4.5, 20));
    polygon(twice, square(10, 30.5));
    expect(area(filled(twice))).toBeCloseTo(15.5 ** 2 + 20.5 ** 2 - 10 ** 2, 9);
    const ring: Sides = [];
    polygon(ring, square(4, 30));
    polygon(ring, square(10, 20).reverse());
    expect(area(filled(ring))).toBeCloseTo(26 ** 2 - 10 ** 2, 9);
    const outside: Sides = [];
    polygon(outside, square(-100, 10));
    expect(area(filled(outside))).toBeCloseTo(100, 9);
  });

  it('is what librsvg makes of curves', async () => {
    const sides: Sides = [];
    addQuadratic(sides, 8, 40, 2, 4, 30, 6);
    addQuadratic(sides, 30, 6, 62, 10, 50, 30);
    addLine(sides, 50, 30, 8, 40);
    const { data } = await sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><path d="M8 40Q2 4 30 6Q62 10 50 30Z" fill="#fff"/></svg>`,
      ),
    )
      .extractChannel(3)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const differences = Array.from(filled(sides), (value, at) => Math.abs(value * 255 - data[at]));
    expect(data.filter((value) => value > 0 && value < 255).length).toBeGreaterThan(100);
    // Its own grid has 17 levels down a pixel and 15 across.
    expect(Math.max(...differences)).toBeLessThan(20);
  });
});
