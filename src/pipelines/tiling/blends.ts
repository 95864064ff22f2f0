import type { LatentContext } from '../../models';
import type { Crossfade } from './axis-tiles';

/**
 * How neighbouring tiles become one picture.
 *
 * - `linear`: crossfade over the whole overlap, as diffusers does.
 * - `trapezoid`: crossfade over one latent where both tiles see most of their surroundings; what a tile decodes near its own
 *   edge, where the network met padding instead of its neighbour, has no weight.
 * - `poisson`: the trapezoid, then a correction that makes gradients across the overlap those of the tiles (`seam-correction.ts`).
 */
export const blends = ['linear', 'trapezoid', 'poisson'] as const;
export type Blend = (typeof blends)[number];

/**
 * The crossfade of a blend along one axis.
 * @param context how far the network looks along it
 * @param positions of the result (pixels, frames or latents) that stand for one latent
 */
export function crossfadeOf(blend: Blend, { before, after }: LatentContext, positions: number): Crossfade {
  const sum = before + after;
  const middle = sum > 0 && Number.isFinite(sum) ? before / sum : 0.5;
  return { ramp: blend === 'linear' ? Number.POSITIVE_INFINITY : positions, middle };
}

/**
 * The overlap, in latents, from which tiles are the decode of the whole: both neighbours see everything they depend on over the
 * whole ramp of a trapezoid.
 */
export function exactOverlap({ before, after }: LatentContext): number {
  return before + after + 1;
}
