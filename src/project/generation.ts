import { z } from 'zod';
import { recipeSchema } from '../pipelines/web';
import { idSchema } from './sequence/clip';

/** A clip that was made: its recipe, its file, and what it was made from. Generations form a tree by `parent`. */
export const generationSchema = z.strictObject({
  id: idSchema,
  /** The generation whose settings this one began from. */
  parent: idSchema.optional(),
  /** Place in the project, from 1. */
  number: z.int().min(1),
  recipe: recipeSchema,
  media: idSchema,
  /** Milliseconds since 1970. */
  madeAt: z.int().min(0),
  /** Seconds from Generate to the finished file, pauses not counted. */
  madeInSeconds: z.number().min(0),
  starred: z.boolean().default(false),
  /** The clip of the timeline that it was made for: it may take its place. */
  replaces: idSchema.optional(),
});
export type Generation = z.output<typeof generationSchema>;
