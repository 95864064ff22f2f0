import { z } from 'zod';
import { blends } from './blends';

/**
 * - `none`: the whole video at once.
 * - `uniform`: tiles of one size with one overlap.
 * - `adaptive`: tiles of one size; the overlap is measured on the decoder at hand and grows where the latents are busy.
 * - `hierarchical`: uniform, and each tile takes its mean and contrast from a coarse decode of the whole.
 */
export const tilingStrategies = ['none', 'uniform', 'adaptive', 'hierarchical'] as const;
export type TilingStrategy = (typeof tilingStrategies)[number];

const sizes = z.strictObject({
  frames: z.int().min(1).max(4097).optional(),
  height: z.int().min(1).max(16_384).optional(),
  width: z.int().min(1).max(16_384).optional(),
});

/**
 * A job's field `tiling`: `auto` decodes the whole video where that fits the memory, else in adaptive tiles, the largest that fit.
 * Sizes are in frames and pixels and are rounded up to latents; what is left out is chosen.
 */
export const tilingSchema = z.union([
  z.literal('auto'),
  z.strictObject({
    strategy: z.enum(tilingStrategies),
    tile: sizes.optional(),
    overlap: z.strictObject({ frames: z.int().min(1).max(4097).optional(), pixels: z.int().min(0).max(8192).optional() }).optional(),
    blend: z.enum(blends).default('trapezoid'),
  }),
]);
export type TilingSettings = z.output<typeof tilingSchema>;
