import { luma, type Rgb } from '../srgb';
import type { EvaluatedEffect } from '../../project';
import type { EffectScene, PixelEffect } from './pixel-effect';

/** Three hashes of three numbers, 32 bits each: PCG3D (M. Jarzynski and M. Olano, "Hash Functions for GPU Rendering", JCGT 2020). */
export function pcg3d(first: number, second: number, third: number): Rgb {
  const stirred = (value: number): number => (Math.imul(value, 1664525) + 1013904223) | 0;
  let [x, y, z] = [stirred(first), stirred(second), stirred(third)];
  const mix = (): void => {
    x = (x + Math.imul(y, z)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
  };
  mix();
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  mix();
  return [x >>> 0, y >>> 0, z >>> 0];
}

/** Noise of a point of the grid, each number from -1 to 1; see kernels/image/grain.wgsl. */
function pointNoise(x: number, y: number, key: number): Rgb {
  const first = pcg3d(x, y, key);
  const second = pcg3d(x, y, (key ^ 0x80000000) >>> 0);
  const triangle = (channel: 0 | 1 | 2): number => ((first[channel] >>> 8) + (second[channel] >>> 8)) / 2 ** 24 - 1;
  return [triangle(0), triangle(1), triangle(2)];
}

const cellOf = ({ values }: EvaluatedEffect, { lengthScale }: EffectScene): number => Math.max(1, values.size * lengthScale);
const smooth = (t: number): number => t * t * (3 - 2 * t);

export const grain: PixelEffect = {
  kernel: { module: 'grain', name: 'grain' },
  takes: ['place', 'f32', 'f32', 'f32', 'f32', 'f32'],
  prepare(effect, scene) {
    const { amount, color, seed } = effect.values;
    return { numbers: [amount, cellOf(effect, scene), color, scene.clipFrame, seed] };
  },
  reference(color, effect, scene, [x, y]) {
    const { amount, color: share, seed } = effect.values;
    const key = (Math.imul(scene.clipFrame, 65_536) + seed) >>> 0;
    const cell = cellOf(effect, scene);
    const [gridX, gridY] = [(x - 0.5) / cell, (y - 0.5) / cell];
    const [column, row] = [Math.floor(gridX), Math.floor(gridY)];
    const [fx, fy] = [smooth(gridX - column), smooth(gridY - row)];
    const weights = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
    const points = [
      pointNoise(column, row, key),
      pointNoise(column + 1, row, key),
      pointNoise(column, row + 1, key),
      pointNoise(column + 1, row + 1, key),
    ];
    const noise = (channel: 0 | 1 | 2): number =>
      points.reduce((sum, point, at) => sum + point[channel] * weights[at], 0) / Math.hypot(...weights);
    const light = Math.min(1, Math.max(0, luma(color)));
    const strength = amount * 0.25 * (0.25 + 3 * light * (1 - light));
    const grained = (channel: 0 | 1 | 2): number => color[channel] + strength * ((1 - share) * noise(0) + share * noise(channel));
    return [grained(0), grained(1), grained(2), color[3]];
  },
};
