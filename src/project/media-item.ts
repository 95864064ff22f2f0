import { z } from 'zod';
import { isPlainPath } from './plain-path';
import { rationalSchema } from './rational';
import { idSchema } from './sequence/clip';
import { frameRateSchema } from './sequence/sequence';

/**
 * A file of the project by its content. Where its bytes lie is not part of it: a page keeps them by fingerprint, a folder by `path`.
 * A file that is missing leaves everything else usable.
 */
export const mediaItemSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1).max(500),
  kind: z.enum(['video', 'image', 'audio', 'lut']),
  /** `sha256:HEX` of the file. */
  fingerprint: z.string().regex(/^(sampled-)?sha256:[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  /** Relative to the project's file, with forward slashes. */
  path: z.string().min(1).max(4096).refine(isPlainPath, 'a relative path that stays in the folder of the project').optional(),
  /** Pixels; absent of sound and tables. */
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  /** Absent of still pictures and sound. */
  frames: z.int().positive().optional(),
  rate: frameRateSchema.optional(),
  sound: z.strictObject({ sampleRate: z.int().positive(), channels: z.int().positive(), duration: rationalSchema }).optional(),
  /** The generation that made it. */
  generation: idSchema.optional(),
});
export type MediaItem = z.output<typeof mediaItemSchema>;
