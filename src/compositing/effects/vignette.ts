import { toEncoded, toLinear } from '../srgb';
import type { EvaluatedEffect } from '../../project';
import type { EffectScene, PixelEffect } from './pixel-effect';

/** Narrowest edge, so that a softness of 0 is a sharp one. */
const sharpest = 1e-3;

/**
 * Radii are shares of the way from the middle (0) to the corners (1): along an ellipse of the picture's shape, a circle with a roundness of 1, or
 * between. Light falls from the inner to the outer radius, which lie as far apart as the softness says, around the size.
 */
function shapeOf({ values: { size, softness, roundness } }: EvaluatedEffect, { width, height }: EffectScene) {
  const half = Math.max(sharpest, softness) / 2;
  const circle = 2 / Math.hypot(width, height);
  const scaleOf = (side: number): number => (1 - roundness) * (Math.SQRT2 / side) + roundness * circle;
  return { inner: size - half, outer: size + half, centre: [width / 2, height / 2], scale: [scaleOf(width), scaleOf(height)] } as const;
}

export const vignette: PixelEffect = {
  kernel: { module: 'vignette', name: 'vignette' },
  takes: ['place', 'f32', 'f32', 'f32', 'vec2f', 'vec2f'],
  prepare(effect, scene) {
    const { inner, outer, centre, scale } = shapeOf(effect, scene);
    return { numbers: [effect.values.amount, inner, outer, ...centre, ...scale] };
  },
  reference(color, effect, scene, [x, y]) {
    const { inner, outer, centre, scale } = shapeOf(effect, scene);
    const radius = Math.hypot((x - centre[0]) * scale[0], (y - centre[1]) * scale[1]);
    const t = Math.min(1, Math.max(0, (radius - inner) / (outer - inner)));
    const light = 1 - effect.values.amount * t * t * (3 - 2 * t);
    const shaded = (channel: 0 | 1 | 2): number => toEncoded(toLinear(color[channel]) * light);
    return [shaded(0), shaded(1), shaded(2), color[3]];
  },
};
