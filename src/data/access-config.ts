import { z } from 'zod';
import { parseByteSize, secretReference } from '../config';
import type { DatasetAccess } from './open-dataset';

const text = z.string().min(1).max(4096);

/** Section of a configuration: how a data set at an address is reached. */
export const accessSection = z.strictObject({
  endpoint: text.optional(),
  region: z.string().min(1).optional(),
  access_key_id: secretReference.optional(),
  secret_access_key: secretReference.optional(),
  session_token: secretReference.optional(),
  token: secretReference.optional(),
});

/** Section of a configuration: keeps what is fetched on disk, compressed. */
export const cacheSection = z.strictObject({
  folder: text,
  /** Bytes, or `20GB`. */
  size: z.union([z.int().positive(), z.string()]).transform((given, context) => {
    const bytes = typeof given === 'number' ? given : parseByteSize(given);
    if (bytes !== undefined) return bytes;
    context.addIssue({ code: 'custom', message: 'expected a size such as 20GB or a number of bytes', input: given });
    return z.NEVER;
  }),
});

/** What both sections say, secrets revealed. */
export async function accessOf(
  access: z.output<typeof accessSection>,
  cache: z.output<typeof cacheSection> | undefined,
  signal: AbortSignal,
): Promise<DatasetAccess> {
  const { endpoint, region } = access;
  const [id, secret, session, token] = await Promise.all(
    [access.access_key_id, access.secret_access_key, access.session_token, access.token].map(async (reference) => reference?.reveal()),
  );
  const keys = { accessKeyId: id ?? '', secretAccessKey: secret ?? '', ...(session === undefined ? {} : { sessionToken: session }) };
  return {
    ...{ endpoint, region, token, signal },
    ...(id === undefined || secret === undefined ? {} : { keys }),
    ...(cache === undefined ? {} : { cache: { folder: cache.folder, budget: cache.size } }),
  };
}
