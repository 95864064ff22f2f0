import { z } from 'zod';
import { generationSchema } from './generation';
import { mediaItemSchema } from './media-item';
import { idSchema } from './sequence/clip';
import { emptySequence, sequenceSchema, type Sequence } from './sequence/sequence';

/** The version that is written; see migrations.ts for what is read. */
export const projectVersion = 1;

/** One format for page, embedded component and command line. Plain JSON. */
export const projectSchema = z.strictObject({
  format: z.literal('aiprod-project'),
  version: z.literal(projectVersion),
  id: idSchema,
  name: z.string().max(500),
  /** Milliseconds since 1970. */
  savedAt: z.int().min(0),
  media: z.array(mediaItemSchema).max(100_000),
  generations: z.array(generationSchema).max(100_000),
  sequence: sequenceSchema,
  /** The form of the next clip as it was left: see `keptForm`. */
  compose: z.record(z.string().max(100), z.json()).default({}),
});
export type Project = z.output<typeof projectSchema>;

/** A project that holds nothing yet. */
export function emptyProject(id: string, name: string, shape: Pick<Sequence, 'width' | 'height' | 'rate'>): Project {
  return {
    ...{ format: 'aiprod-project', version: projectVersion, id, name, savedAt: 0 },
    ...{ media: [], generations: [], sequence: emptySequence(shape), compose: {} },
  };
}
