import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blendModes } from '../project';
import { createGpuContext, type GpuContext } from '../gpu';
import { testDevice } from '../gpu/testing';
import type { Composition, Compositor } from './composition';
import { createCompositor } from './compositor';
import { composeReference } from './reference';
import { layerOf, testPicture, testTable } from './testing/pictures';

let context: GpuContext;
let compositor: Compositor;
beforeAll(async () => {
  context = createGpuContext(await testDevice());
  compositor = createCompositor(context);
});
afterAll(() => {
  compositor.close();
  // What it took is given back.
  expect(context.allocator.liveBytes).toBe(0);
});

const size = { width: 48, height: 32 };
const tables = new Map([['table', testTable(9)]]);
const background = '#20c060';

/** Largest difference between the GPU's frame and the reference's, in steps of 8 bits, and how many values differ. */
async function difference(composition: Omit<Composition, 'background' | 'tables'>): Promise<{ most: number; share: number }> {
  const whole = { ...composition, background, tables };
  const [found, expected] = [await compositor.compose(whole), composeReference(whole)];
  expect(found.length).toBe(expected.length);
  const differences = expected.map((value, at) => Math.abs(value - found[at]));
  return {
    most: differences.reduce((most, value) => Math.max(most, value), 0),
    share: differences.filter((value) => value > 0).length / found.length,
  };
}

async function expectAlike(composition: Omit<Composition, 'background' | 'tables'>): Promise<void> {
  const { most, share } = await difference(composition);
  expect(most).toBeLessThanOrEqual(1);
  // Rounding differs where a value lies between two steps, which is seldom.
  expect(share).toBeLessThan(0.02);
}

const effects: Record<string, object> = {
  brightness: { parameters: { amount: 0.2 } },
  contrast: { parameters: { factor: 1.6 } },
  saturation: { parameters: { factor: 0.3 } },
  exposure: { parameters: { stops: -0.7 } },
  temperature: { parameters: { temperature: 60, tint: -30 } },
  curves: {
    curves: {
      master: [
        [0, 0.05],
        [0.3, 0.5],
        [1, 0.9],
      ],
      red: [
        [0, 0],
        [0.5, 0.3],
        [1, 1],
      ],
      blue: [
        [0.1, 1],
        [0.9, 0],
      ],
    },
  },
  lut: { parameters: { amount: 0.8 }, lut: 'table' },
  blur: { parameters: { radius: 2.3 } },
  sharpen: { parameters: { amount: 1.2, radius: 1.5, threshold: 0.02 } },
  vignette: { parameters: { amount: 0.8, size: 0.5, softness: 0.7, roundness: 0.5 } },
  grain: { parameters: { amount: 0.7, size: 2.5, color: 0.5, seed: 77 } },
  'chroma-key': { colors: { key: '#30c050' }, parameters: { tolerance: 0.15, softness: 0.2, spill: 0.8 } },
};
const effect = (type: string): object => ({ id: type, type, ...effects[type] });

describe('an effect on the GPU', () => {
  it.each(Object.keys(effects))('%s is the reference', async (type) => {
    const layer = layerOf({ effects: [effect(type)] }, 7);
    expect(layer.effects).toHaveLength(1);
    await expectAlike({ layers: [{ layer, picture: testPicture(48, 32, 3, true) }], frame: size, output: size });
  });

  it('is each effect of a chain in turn, with passes between', async () => {
    for (const chain of [
      ['exposure', 'temperature', 'curves', 'lut', 'vignette', 'grain'],
      ['contrast', 'blur', 'lut', 'curves', 'sharpen', 'saturation'],
      ['chroma-key', 'sharpen', 'blur'],
    ]) {
      await expectAlike({
        layers: [{ layer: layerOf({ effects: chain.map(effect) }), picture: testPicture(48, 32, 5) }],
        frame: size,
        output: size,
      });
    }
  });
});

describe('a placed picture on the GPU', () => {
  const moved = { x: 3.25, y: -2.5, scale: 1.3, rotation: 17, cropLeft: 0.1, cropBottom: 0.2, flipHorizontal: true };

  it('is the reference, moved, turned, cropped, mirrored, faded', async () => {
    for (const transform of [moved, { rotation: 90 }, { scale: 0.37 }, { x: 5, y: 3 }, { flipVertical: true }, { cropTop: 0.33 }]) {
      await expectAlike({
        layers: [{ layer: layerOf({ transform, opacity: 0.8 }), picture: testPicture(48, 32, 2, true) }],
        frame: size,
        output: size,
      });
    }
  });

  it('is the reference, reduced, enlarged and fitted', async () => {
    for (const [width, height] of [
      [131, 97],
      [11, 9],
      [20, 64],
    ]) {
      const layer = layerOf({ effects: [effect('blur'), effect('grain')], transform: { scale: 1.1 } });
      await expectAlike({ layers: [{ layer, picture: testPicture(width, height, 4) }], frame: size, output: size });
      await expectAlike({
        layers: [{ layer: layerOf({}), picture: testPicture(width, height, 4) }],
        frame: size,
        output: { width: 96, height: 64 },
      });
    }
  });

  it('is byte for byte what it was, where nothing is done to it', async () => {
    const picture = testPicture(48, 32, 9);
    const composition = { layers: [{ layer: layerOf({}), picture }], frame: size, output: size, background };
    expect(await compositor.compose(composition)).toEqual(picture.rgba);
  });

  it('is the background where there is none', async () => {
    const hidden = layerOf({ transform: { cropLeft: 0.5, cropRight: 0.5 } });
    for (const layers of [[], [{ layer: hidden, picture: testPicture(48, 32) }]]) {
      const frame = await compositor.compose({ layers, frame: size, output: size, background });
      expect(new Set(Array.from({ length: 48 * 32 }, (_, at) => frame.slice(at * 4, at * 4 + 4).join()))).toEqual(
        new Set(['32,192,96,255']),
      );
    }
  });
});

describe('blend modes on the GPU', () => {
  it.each(blendModes)('%s is the reference, over two layers', async (blend) => {
    const layers = [
      { layer: layerOf({}), picture: testPicture(48, 32, 6) },
      { layer: layerOf({ blend, opacity: 0.9, transform: { x: 6 } }), picture: testPicture(48, 32, 8, true) },
      { layer: layerOf({ blend, opacity: 0.7 }), picture: testPicture(48, 32, 10, true) },
    ];
    await expectAlike({ layers, frame: size, output: size });
  });
});

describe('a compositor', () => {
  it('makes frames that are asked for at once in order, each its own', async () => {
    const pictures = [1, 2, 3, 4].map((seed) => testPicture(48, 32, seed));
    const frames = await Promise.all(
      pictures.map((picture) => compositor.compose({ layers: [{ layer: layerOf({}), picture }], frame: size, output: size, background })),
    );
    expect(frames).toEqual(pictures.map(({ rgba }) => rgba));
  });

  it('compiles a chain once, whatever its values', async () => {
    const compose = (stops: number) =>
      compositor.compose({
        layers: [{ layer: layerOf({ effects: [{ id: 'e', type: 'exposure', parameters: { stops } }] }), picture: testPicture(48, 32) }],
        ...{ frame: size, output: size, background },
      });
    await compose(1);
    const { size: compiled } = context.pipelines;
    await compose(2);
    expect(context.pipelines.size).toBe(compiled);
  });

  it('says which table is missing', async () => {
    const layer = layerOf({ effects: [{ id: 'e', type: 'lut', lut: 'gone' }] });
    const composing = compositor.compose({ layers: [{ layer, picture: testPicture(48, 32) }], frame: size, output: size, background });
    await expect(composing).rejects.toThrow(/table of colours is missing \(found gone\)/);
    await expect(compositor.compose({ layers: [], frame: size, output: size, background })).resolves.toHaveLength(48 * 32 * 4);
  });
});
