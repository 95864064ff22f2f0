import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { blendModes, monotoneCurve } from '../../project';
import { blendChannel } from '../blend';
import { parseCube } from '../cube';
import { effectReference, referencePicture } from '../reference';
import { layerOf } from '../testing/pictures';
import { pcg3d } from './grain';
import type { EffectScene } from './pixel-effect';

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const numbers = z.array(z.number());
/** By SciPy, OpenCV and colour-science: tools/compositing-fixtures/make_goldens.py. */
const golden = z
  .object({
    ...{ width: z.number(), height: z.number(), rgb: numbers },
    blur: z.object({ radius: z.number(), expected: numbers }),
    sharpen: z.object({ radius: z.number(), amount: z.number(), expected: numbers }),
    exposure: z.object({ stops: z.number(), expected: numbers }),
    curves: z.array(z.object({ points: z.array(z.tuple([z.number(), z.number()])), expected: numbers })),
    lut: z.object({ file: z.string(), expected: numbers }),
    temperature: z.array(z.object({ temperature: z.number(), tint: z.number(), expected: numbers })),
    chromaKey: z.object({ key: z.string(), tolerance: z.number(), softness: z.number(), alpha: numbers }),
  })
  .parse(JSON.parse(fixture('effects.json')));
/** By Chromium: tools/compositing-fixtures/make-chromium.mjs. */
const filtered = z.object({ factor: z.number(), expected: numbers });
const chromium = z
  .object({
    ...{ width: z.number(), height: z.number(), backdrop: numbers, source: numbers, modes: z.record(z.string(), numbers) },
    ...{ contrast: filtered, saturation: filtered },
  })
  .parse(JSON.parse(fixture('chromium.json')));

const rgbaOf = (rgb: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: (rgb.length / 3) * 4 }, (_, at) => (at % 4 === 3 ? 255 : rgb[Math.floor(at / 4) * 3 + (at % 4)]));

const picture = referencePicture({ kind: 'bytes', width: golden.width, height: golden.height, rgba: rgbaOf(golden.rgb) });

function apply(effect: object, of = picture, tables: EffectScene['tables'] = new Map(), clipFrame = 0) {
  const [evaluated] = layerOf({ effects: [{ id: 'e', ...effect }] }, clipFrame).effects;
  return effectReference(of, evaluated, { width: of.width, height: of.height, lengthScale: 1, clipFrame, tables });
}

/** Largest difference of the colours from the expected ones, [pixels, 3]. */
function furthest(effect: object, expected: readonly number[], tables?: EffectScene['tables']): number {
  const { pixels } = apply(effect, picture, tables);
  expect(expected).toHaveLength(pixels.length * 3);
  return pixels.reduce(
    (most, color, at) => Math.max(most, ...[0, 1, 2].map((channel) => Math.abs(color[channel] - expected[at * 3 + channel]))),
    0,
  );
}

describe('the reference of an effect', () => {
  it('blurs light as SciPy does', () => {
    const { radius, expected } = golden.blur;
    expect(furthest({ type: 'blur', parameters: { radius } }, expected)).toBeLessThan(1e-6);
  });

  it('sharpens as OpenCV’s Gaussian taken away does', () => {
    const { radius, amount, expected } = golden.sharpen;
    expect(furthest({ type: 'sharpen', parameters: { radius, amount } }, expected)).toBeLessThan(1e-6);
  });

  it('exposes light with colour-science’s sRGB', () => {
    const { stops, expected } = golden.exposure;
    expect(furthest({ type: 'exposure', parameters: { stops } }, expected)).toBeLessThan(1e-6);
  });

  it('balances white as colour-science adapts it', () => {
    for (const { expected, ...parameters } of golden.temperature) {
      expect(furthest({ type: 'temperature', parameters }, expected)).toBeLessThan(1e-6);
    }
  });

  it('looks colours up in a .cube file as colour-science does, to the six digits of the file', () => {
    const { file, expected } = golden.lut;
    const tables = new Map([['bent', parseCube(fixture(file), file)]]);
    expect(furthest({ type: 'lut', lut: 'bent' }, expected, tables)).toBeLessThan(1e-6);
  });

  it('draws curves through their points as SciPy’s PCHIP does', () => {
    for (const { points, expected } of golden.curves) {
      const curve = monotoneCurve(points);
      for (const [at, value] of expected.entries()) expect(curve(at / (expected.length - 1))).toBeCloseTo(value, 8);
    }
  });

  it('keys by the distance in colour-science’s Cb and Cr', () => {
    const { key, tolerance, softness, alpha } = golden.chromaKey;
    const { pixels } = apply({ type: 'chroma-key', colors: { key }, parameters: { tolerance, softness, spill: 0 } });
    // Both ends of the ramp are there.
    expect(new Set(alpha).size).toBeGreaterThan(10);
    for (const [at, color] of pixels.entries()) expect(Math.abs(color[3] - alpha[at])).toBeLessThan(1e-4);
  });

  it('takes spill of the key away, and leaves greys as they are', () => {
    const of = referencePicture({ kind: 'bytes', width: 2, height: 1, rgba: Uint8Array.from([100, 200, 60, 255, 90, 90, 90, 255]) });
    const { pixels } = apply(
      { type: 'chroma-key', colors: { key: '#00ff00' }, parameters: { tolerance: 0, softness: 0.01, spill: 1 } },
      of,
    );
    // Green down to the mean of red and blue.
    expect(pixels.map((color) => color.map((value) => Math.round(value * 255)))).toEqual([
      [100, 80, 60, 255],
      [90, 90, 90, 255],
    ]);
  });

  it.each(['contrast', 'saturation'] as const)('%s is Chromium’s filter, within two steps of its eight bits', (type) => {
    const { factor, expected } = chromium[type];
    // Semi-transparent pixels of the canvas are held premultiplied; the backdrop has none.
    const of = referencePicture({
      kind: 'bytes',
      width: chromium.width,
      height: chromium.height,
      rgba: Uint8Array.from(chromium.backdrop),
    });
    const { pixels } = apply({ type, parameters: { factor } }, of);
    const differences = pixels.flatMap((color, at) =>
      [0, 1, 2].map((channel) => Math.abs(Math.min(255, Math.max(0, color[channel] * 255)) - expected[at * 4 + channel])),
    );
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
  });

  it.each(blendModes.filter((mode) => mode !== 'add'))(
    'blends %s as Chromium’s canvas does, within two steps of its eight bits',
    (mode) => {
      const { backdrop, source, modes } = chromium;
      const differences = backdrop.map((value, at) => {
        if (at % 4 === 3) return 0;
        const alpha = source[at - (at % 4) + 3] / 255;
        const [b, s] = [value / 255, source[at] / 255];
        return Math.abs((b + (blendChannel[mode](b, s) - b) * alpha) * 255 - modes[mode][at]);
      });
      expect(Math.max(...differences)).toBeLessThanOrEqual(2);
    },
  );
});

describe('grain', () => {
  const grey = { width: 64, height: 64, pixels: Array.from({ length: 64 * 64 }, () => [0.5, 0.5, 0.5, 1] as const) };
  const values = (parameters: object, frame = 0): number[] =>
    apply({ type: 'grain', parameters: { amount: 1, ...parameters } }, grey, new Map(), frame).pixels.map(([red]) => red - 0.5);
  const deviation = (all: readonly number[]): number => Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length);

  it('is the same each time, another in each frame and for each seed', () => {
    expect(values({}, 3)).toEqual(values({}, 3));
    for (const other of [values({}, 4), values({ seed: 1 }, 3)]) {
      const correlation = values({}, 3).reduce((sum, value, at) => sum + value * other[at], 0) / other.length / deviation(other) ** 2;
      expect(Math.abs(correlation)).toBeLessThan(0.1);
    }
  });

  it('is even, without a mean, as strong at each size', () => {
    // Triangular numbers from -1 to 1 deviate by 1 / sqrt(6), times 1/4 (1/4 + 3/4) in the middle grey.
    const expected = 0.25 / Math.sqrt(6);
    for (const size of [1, 2.7, 5]) {
      const all = values({ size });
      // A point is seen in up to (2 size)^2 pixels, so that 4096 pixels tell of fewer points: four deviations of their mean.
      expect(Math.abs(all.reduce((sum, value) => sum + value, 0) / all.length)).toBeLessThan((4 * expected * 2 * size) / 64);
      expect(Math.abs(deviation(all) / expected - 1)).toBeLessThan(0.12);
    }
  });

  it('hashes as its published source does', () => {
    // PCG3D of Jarzynski and Olano, computed with NumPy's 32-bit integers.
    expect(pcg3d(1, 2, 3)).toEqual([4204755366, 1223881804, 1500469937]);
    expect(pcg3d(0xffffffff, 77, 123456)).toEqual([3671912510, 1617780875, 3013120089]);
  });
});

describe('the vignette', () => {
  it('leaves the middle, and takes the corners’ light away by its amount', () => {
    const white = { width: 65, height: 33, pixels: Array.from({ length: 65 * 33 }, () => [1, 1, 1, 1] as const) };
    const { pixels } = apply({ type: 'vignette', parameters: { amount: 1, size: 0.6, softness: 0.4 } }, white);
    expect(pixels[16 * 65 + 32][0]).toBeCloseTo(1, 12);
    expect(pixels[0][0]).toBe(0);
    // The middle of the smooth step lies at the size, 27.6 pixels from the centre along x: half the light, 0.735 encoded.
    expect(pixels[16 * 65 + 32 + 27][0]).toBeGreaterThan(0.735);
    expect(pixels[16 * 65 + 32 + 28][0]).toBeLessThan(0.735);
  });
});
