import { describe, expect, it } from 'vitest';
import { readGoldenOperationCase, type GoldenValue } from './testing/golden-case';
import { relativeL2 } from './testing/relative-l2';
import {
  ltx2AudioCoordinates,
  ltx2RotaryTable,
  ltx2VideoCoordinates,
  ltxCoordinateFractions,
  ltxGridFractions,
  ltxRotaryTable,
  midpointFractions,
  wanRotaryTable,
} from './rotary-tables';

function output(name: string, key: string): GoldenValue {
  const value = readGoldenOperationCase(name).outputs.get(key);
  if (value === undefined) throw new Error(`${name} has no output ${key}`);
  return value;
}

/** Each pair's value once: the reference's interleaved tables repeat it. */
function everySecond(values: Float32Array): Float32Array {
  return values.filter((_, index) => index % 2 === 0);
}

describe('rotary tables against the reference', () => {
  it('LTX-Video, from sizes', () => {
    const table = ltxRotaryTable(ltxGridFractions([3, 4, 5], [0.32, 32, 32]), 64);
    expect(table.shape).toEqual([60, 32]);
    for (const key of ['cos', 'sin'] as const) {
      const reference = everySecond(output('op_rope_ltx', key).data);
      expect(relativeL2(table[key], reference.subarray(0, reference.length / 2))).toBeLessThan(1e-6);
    }
  });

  it('LTX-Video, from coordinates', () => {
    const coordinates = readGoldenOperationCase('op_rope_ltx_coords').inputs.get('video_coords');
    if (coordinates === undefined) throw new Error('no coordinates');
    const table = ltxRotaryTable(ltxCoordinateFractions(coordinates.data, 2), 64);
    for (const key of ['cos', 'sin'] as const) {
      expect(relativeL2(table[key], everySecond(output('op_rope_ltx_coords', key).data))).toBeLessThan(1e-6);
    }
  });

  for (const precision of ['f32', 'f64'] as const) {
    it(`LTX-2 video, ${precision} frequencies`, () => {
      const bounds = ltx2VideoCoordinates([3, 4, 5], { scaleFactors: [8, 32, 32], fps: 25 });
      expect(bounds).toEqual(output('op_rope_ltx2_video', 'coords').data);
      const table = ltx2RotaryTable(midpointFractions(bounds, [20, 2048, 2048]), { axes: 3, channels: 48, heads: 2, precision });
      expect(table.shape).toEqual([60, 2, 12]);
      for (const key of ['cos', 'sin'] as const) {
        const reference = everySecond(output('op_rope_ltx2_video', `interleaved.${precision}.${key}`).data);
        expect(relativeL2(table[key], reference)).toBeLessThan(1e-6);
      }
    });

    it(`LTX-2 audio, ${precision} frequencies`, () => {
      const bounds = ltx2AudioCoordinates(11, { scaleFactor: 4 });
      expect(bounds).toEqual(output('op_rope_ltx2_audio', 'coords').data);
      const table = ltx2RotaryTable(midpointFractions(bounds, [20]), { axes: 1, channels: 48, heads: 2, precision });
      for (const key of ['cos', 'sin'] as const) {
        const reference = everySecond(output('op_rope_ltx2_audio', `interleaved.${precision}.${key}`).data);
        expect(relativeL2(table[key], reference)).toBeLessThan(1e-6);
      }
    });
  }

  it('Wan', () => {
    const table = wanRotaryTable([3, 3, 4], 20);
    expect(table.shape).toEqual([36, 1, 10]);
    for (const key of ['cos', 'sin'] as const) {
      expect(relativeL2(table[key], everySecond(output('op_rope_wan', key).data))).toBeLessThan(1e-7);
    }
  });
});
