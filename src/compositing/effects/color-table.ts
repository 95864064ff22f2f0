import { AiprodError } from '../../errors';
import type { EvaluatedEffect } from '../../project';
import type { ColorTable } from '../composition';
import type { Rgb } from '../srgb';
import type { EffectScene, PixelEffect } from './pixel-effect';

function tableOf({ lut }: EvaluatedEffect, { tables }: EffectScene): ColorTable {
  const table = lut === undefined ? undefined : tables.get(lut);
  if (table !== undefined) return table;
  throw new AiprodError('bad-input', 'a table of colours is missing', {
    found: lut ?? 'none named',
    hint: 'Add the .cube file to the media again, or remove the effect',
  });
}

/**
 * The table's colour by tetrahedral interpolation: the walk from the cube's lowest corner to its highest goes along the axis with the largest
 * fraction first, and each corner on the way counts by what is left between two fractions.
 */
export function lookUp({ size, colors, domainMin, domainMax }: ColorTable, color: Rgb): Rgb {
  const position = color.map((value, axis) => {
    const share = (value - domainMin[axis]) / (domainMax[axis] - domainMin[axis]);
    return Math.min(1, Math.max(0, share)) * (size - 1);
  });
  const base = position.map((value) => Math.min(size - 2, Math.floor(value)));
  const fractions = position.map((value, axis) => value - base[axis]);
  const strides = [1, size, size * size];
  const axes = [0, 1, 2].toSorted((a, b) => fractions[b] - fractions[a]);
  const along = [1, ...axes.map((axis) => fractions[axis]), 0];
  let corner = base[0] + base[1] * size + base[2] * size * size;
  const result = [0, 0, 0];
  for (let step = 0; step < 4; step++) {
    const weight = along[step] - along[step + 1];
    for (let channel = 0; channel < 3; channel++) result[channel] += weight * colors[corner * 3 + channel];
    if (step < 3) corner += strides[axes[step]];
  }
  return [result[0], result[1], result[2]];
}

export const colorTable: PixelEffect = {
  kernel: { module: 'color_table', name: 'color_table' },
  takes: ['table', 'f32', 'f32', 'vec3f', 'vec3f'],
  prepare(effect, scene) {
    const { size, colors, domainMin, domainMax } = tableOf(effect, scene);
    return { numbers: [size, effect.values.amount, ...domainMin, ...domainMax], table: Float32Array.from(colors) };
  },
  reference(color, effect, scene) {
    const found = lookUp(tableOf(effect, scene), [color[0], color[1], color[2]]);
    const { amount } = effect.values;
    const mixed = (channel: 0 | 1 | 2): number => color[channel] + (found[channel] - color[channel]) * amount;
    return [mixed(0), mixed(1), mixed(2), color[3]];
  },
};
