import { z } from 'zod';
import { AiprodError } from '../errors';
import { joinedBytes } from '../numeric/joined';
import { sha256 } from '../numeric/sha256';
import { formatFrameRate } from '../media';
import { jobSchema, type ResolvedJob } from './job';

/**
 * What a generated file carries about its making, so that it can be made again: the job with every setting filled in, the
 * weights by hash, and the adapter. Holds no time stamp: the same inputs give the same bytes.
 */
export const recipeSchema = z.object({
  recipe: z.literal(1),
  /** Name and version of the program that made the file. */
  generator: z.string().max(200),
  job: jobSchema,
  model: z.object({
    name: z.string().max(4096),
    /** File in the model's folder to fingerprint (see fingerprintFile). */
    files: z.record(z.string().max(1000), z.string().max(200)),
  }),
  /** Image or video that the job names to hash of its content. */
  inputs: z.record(z.string().max(4096), z.string().max(200)).optional(),
  adapter: z.object({ name: z.string().max(500), dtype: z.enum(['f32', 'f16']) }),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** The job as a recipe keeps it: JSON that parseJob takes again. */
export function jobForRecipe(job: ResolvedJob): Recipe['job'] {
  return { ...job, frameRate: formatFrameRate(job.frameRate) };
}

/** Reads a recipe found in a file. */
export function parseRecipe(value: unknown, where: string): Recipe {
  const parsed = recipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `the recipe is not valid at ${issue.path.join('.')}: ${issue.message}`, {
    where,
    hint: 'Use a file that aiprod made, or give the settings as flags',
  });
}

/** Bytes up to which a file is hashed whole. */
const wholeFileLimit = 256 * 1024 * 1024;
const sampleBytes = 1024 * 1024;

/** A file of known size that can be read in parts. */
export interface ReadableParts {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Identifies a weights file: `sha256:HEX` of the whole up to 256 MiB; beyond that `sampled-sha256:HEX` of its size and of the
 * first, middle and last MiB, because hashing 30 GB would take longer than a clip.
 */
export async function fingerprintFile(file: ReadableParts): Promise<string> {
  if (file.size <= wholeFileLimit) return `sha256:${await sha256(await file.read(0, file.size))}`;
  const offsets = [0, Math.floor((file.size - sampleBytes) / 2), file.size - sampleBytes];
  const parts = [
    new TextEncoder().encode(`${file.size}\n`),
    ...(await Promise.all(offsets.map((offset) => file.read(offset, sampleBytes)))),
  ];
  return `sampled-sha256:${await sha256(joinedBytes(parts))}`;
}
