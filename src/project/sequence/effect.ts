import { z } from 'zod';
import { animatedSchema } from './animated';

/** Points of a curve from (0, 0) to (1, 1) space, in order of x, each x once. */
const curveSchema = z
  .array(z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]))
  .min(2)
  .max(64)
  .refine((points) => points.every(([x], at) => at === 0 || x > points[at - 1][0]), 'points must be in order of x');

/**
 * One effect of a clip, applied in the order of the list. What parameters a type has, their ranges and defaults stand in one table
 * (effects/definitions.ts): what is not named here has its default there.
 */
export const effectSchema = z.strictObject({
  id: z.string().min(1).max(100),
  type: z.string().min(1).max(100),
  enabled: z.boolean().default(true),
  /** Numbers that may be keyframed. */
  parameters: z.record(z.string().max(100), animatedSchema).default({}),
  /** Colours as #rrggbb, by name. */
  colors: z.record(z.string().max(100), z.string().regex(/^#[0-9a-f]{6}$/i)).default({}),
  curves: z.partialRecord(z.enum(['master', 'red', 'green', 'blue']), curveSchema).optional(),
  /** A .cube table among the media. */
  lut: z.string().min(1).max(100).optional(),
});
export type Effect = z.output<typeof effectSchema>;
