import { z } from 'zod';
import { AiprodError } from '../errors';

/** What an original checkpoint says of itself in the metadata of its file, under `config`. */
const metadataSchema = z.object({
  transformer: z.record(z.string(), z.unknown()).nullish(),
  vae: z.record(z.string(), z.unknown()).nullish(),
  audio_vae: z.record(z.string(), z.unknown()).nullish(),
  vocoder: z.record(z.string(), z.unknown()).nullish(),
  scheduler: z.record(z.string(), z.unknown()).nullish(),
  /** Distilled models: the noise levels they were trained for, 1 to above 0. */
  allowed_inference_steps: z.array(z.number().gt(0).max(1)).min(1).max(1000).nullish(),
});
export type OriginalMetadata = z.output<typeof metadataSchema>;

/**
 * Reads `config` of a checkpoint's metadata; empty when there is none.
 * @throws AiprodError `bad-weights` when it is no JSON or malformed.
 */
export function parseOriginalMetadata(metadata: ReadonlyMap<string, string>, where: string): OriginalMetadata {
  const text = metadata.get('config');
  if (text === undefined) return {};
  let found: string;
  try {
    const parsed = metadataSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    found = `${issue.path.map(String).join('.')}: ${issue.message}`;
  } catch (cause) {
    found = cause instanceof Error ? cause.message : String(cause);
  }
  throw new AiprodError('bad-weights', 'the config in the metadata of the file is malformed', {
    where,
    expected: 'JSON with transformer, vae and scheduler',
    found: found.slice(0, 200),
    hint: 'Download the file again',
  });
}

/** What a file says of itself must be what its tensors are. @throws AiprodError `bad-weights` that lists the fields that differ. */
export function requireAgreement<Config extends object>(
  where: string,
  fields: readonly (keyof Config & string)[],
  stated: Config,
  seen: Config,
): void {
  const differing = fields.filter((field) => JSON.stringify(stated[field]) !== JSON.stringify(seen[field]));
  if (differing.length === 0) return;
  const list = (config: Config): string => differing.map((field) => `${field} = ${JSON.stringify(config[field])}`).join('; ');
  throw new AiprodError('bad-weights', 'the metadata of the file contradicts its tensors', {
    where,
    expected: `as the metadata says: ${list(stated)}`,
    found: list(seen),
    hint: 'Use the file as it was released',
  });
}
