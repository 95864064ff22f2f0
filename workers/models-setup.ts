import { z } from 'zod';
import { AiprodError } from '../src/errors';
import { blobFileTree, fetchFileTree, modelName, remoteFileTree, storedPath, urlOrigin } from '../src/weights';
import type { PartLocation } from '../src/pipelines';
import type { ModelListing } from './model-library';

/** A model that the page's host offers; it is read where it lies. */
export interface OfferedModel {
  /** By which jobs ask for it: up to 100 lower-case letters, digits, dots, dashes and underscores. */
  readonly name: string;
  /** Address of a weight file or of a folder in diffusers layout, or the files of such a folder by path. Servers must allow ranges. */
  readonly from: string | ReadonlyMap<string, Blob>;
  /** Paths of a folder's files at an address, which nobody can list; the usual ones are looked for when left out. */
  readonly files?: readonly string[];
  /** As the person reads it. */
  readonly licence?: string;
}

/** Where a host says that models are, apart from their storage. Plain data. */
export interface ModelsSetup {
  /** Absolute address of the folder whose folder `embedded` is the built-in model. */
  readonly address?: string;
  readonly offered?: readonly OfferedModel[];
  /** Absolute address of the hub that ids name. */
  readonly hub?: string;
}

const address = z.url({ protocol: /^(https?|blob)$/ });
const setupSchema = z.strictObject({
  address: address.optional(),
  hub: z.url({ protocol: /^https?$/ }).optional(),
  offered: z
    .array(
      z.strictObject({
        name: modelName,
        from: z.union([address, z.map(storedPath, z.instanceof(Blob)).refine((files) => files.size > 0, 'at least one file')]),
        files: z.array(storedPath).min(1).optional(),
        licence: z.string().max(500).optional(),
      }),
    )
    .refine((models) => new Set(models.map(({ name }) => name)).size === models.length, 'names that differ')
    .optional(),
});

/** @throws AiprodError `bad-usage` for what says of no models where they are */
export function checkedSetup(setup: ModelsSetup): ModelsSetup {
  const parsed = setupSchema.safeParse(setup);
  if (parsed.success) return setup;
  const [{ path, message }] = parsed.error.issues;
  throw new AiprodError('bad-usage', `what the host says of its models is not valid at ${path.join('.')}: ${message}`, {
    hint: 'Mend modelsUrl or models where the studio is mounted',
  });
}

export function offeredListing({ name, from, licence }: OfferedModel): ModelListing {
  return {
    ...{ name, origin: 'host', state: 'whole' },
    ...(typeof from === 'string'
      ? { from }
      : { bytes: Array.from(from.values(), ({ size }) => size).reduce((sum, size) => sum + size, 0) }),
    ...(licence === undefined ? {} : { licence }),
  };
}

/** @throws AiprodError `bad-input` for an address that cannot be one of a weight file */
export function offeredLocation({ name, from, files }: OfferedModel): PartLocation {
  if (typeof from !== 'string') {
    const [only] = from.keys();
    return { tree: blobFileTree(name, from), path: from.size === 1 ? only : '' };
  }
  if (!/\.(safetensors|gguf)$/.test(new URL(from).pathname))
    return { tree: fetchFileTree(from, files === undefined ? {} : { files }), path: '' };
  const remote = urlOrigin(from);
  return { tree: remoteFileTree(remote), path: remote.files[0].path };
}
