import { z } from 'zod';
import { AiprodError } from '../../errors';
import { parseStrictJson } from '../strict-json';

/** Bytes of a piece that is hashed and, after a cut or damage, fetched again by itself. */
export const chunkBytes = 8 * 1024 * 1024;

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 hash in 64 hexadecimal digits');

/** A relative path that stays inside its folder on every system. */
export const storedPath = z
  .string()
  .min(1)
  .max(1000)
  .refine((path) => path.split('/').every((part) => /^[^\\/:*?"<>|\p{Cc}]+$/u.test(part) && !/^\.+$/.test(part) && !/[. ]$/.test(part)), {
    message: 'a relative path of plain names',
  });

const fileSchema = z.strictObject({
  path: storedPath,
  bytes: z.int().min(0),
  sha256: sha256Hex,
  /** SHA-256 of each piece of `chunkBytes`, in order. */
  chunks: z.array(sha256Hex),
  /** Whether the origin states the hash; one that it does not state is of the file as it arrived. */
  stated: z.boolean().optional(),
  /** Where the file came from, when from the network. */
  url: z.url({ protocol: /^https?$/ }).optional(),
});

/** Name a model is asked for by. */
export const modelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'up to 100 lower-case letters, digits, dots, dashes and underscores, with a letter or digit first')
  .refine((name) => !name.endsWith('.') && name !== 'embedded', 'a name that is not taken by the program');

/** A moment, as ISO 8601. */
const moment = z.iso.datetime();

/** What a person agreed to before a model was fetched. */
export const acceptanceSchema = z.strictObject({
  /** The licence as the origin stated it then; empty where it stated none. */
  licence: z.string().max(500),
  at: moment,
});
export type LicenceAcceptance = z.infer<typeof acceptanceSchema>;

/** Where a model comes from. */
export const originSchema = z.strictObject({
  kind: z.enum(['path', 'url', 'hub']),
  /** Absolute path, address, or hub id. */
  location: z.string().min(1).max(4096),
  /** Commit of a hub repository. */
  revision: z.string().max(200).optional(),
});

/** What the store knows of a model that is there whole. Written last, so that it says the model is complete. */
export const manifestSchema = z.strictObject({
  manifest: z.literal(1),
  name: modelName,
  origin: originSchema,
  /** As the origin states it. */
  licence: z.string().max(500).optional(),
  acceptance: acceptanceSchema.optional(),
  /** When the last of it arrived, or its files were noted. */
  added: moment.optional(),
  /** What the last check of its files found. */
  check: z.strictObject({ at: moment, damaged: z.array(storedPath) }).optional(),
  /** Whether the files lie in the store, or where `origin` says. */
  stored: z.boolean(),
  files: z.array(fileSchema).min(1),
});

export type StoredFile = z.infer<typeof fileSchema>;
export type ModelManifest = z.infer<typeof manifestSchema>;

/** @throws AiprodError `bad-input` for a text that is no manifest. */
export function parseManifest(text: string, where: string): ModelManifest {
  const parsed = manifestSchema.safeParse(parseStrictJson(text, where, { depth: 6, keys: 100_000 }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `the store's note of a model is damaged at ${issue.path.join('.')}: ${issue.message}`, {
    where,
    hint: 'Remove the model and add it again',
  });
}

/** Bytes of all files of a model. */
export function modelBytes(manifest: Pick<ModelManifest, 'files'>): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

/** A name for a model out of what it was asked for by (a path, an address, a hub id): the last part, in lower case, without its ending. */
export function modelNameOf(source: string): string {
  const last = source
    .replace(/[?#].*$/, '')
    .replace(/[/\\]+$/, '')
    .replace(/^.*[/\\]/, '');
  return last
    .replace(/(?<=.)\.(safetensors|gguf)$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 100);
}
