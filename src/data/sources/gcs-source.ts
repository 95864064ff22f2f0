import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { DataSource, SourceFile } from '../data-source';
import { ask, folderPrefix, webSource, withToken } from './web-source';

/** A bucket of Google Cloud Storage. */
export interface GcsPlace {
  readonly bucket: string;
  /** Names of the set begin with it; '' is the whole bucket. */
  readonly prefix: string;
  /** Default https://storage.googleapis.com */
  readonly endpoint?: string;
  /** An access token, for buckets that are not public. */
  readonly token?: string;
}

const objectSchema = z.looseObject({ name: z.string(), size: z.string().optional(), generation: z.string().optional() });
const listSchema = z.looseObject({ items: z.array(objectSchema).default([]), nextPageToken: z.string().optional() });

/** Files of a bucket by its JSON API: objects.list, and objects.get by ranges. */
export function gcsSource({ bucket, prefix, endpoint = 'https://storage.googleapis.com', token }: GcsPlace): DataSource {
  const root = `${endpoint.replace(/\/$/, '')}/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  const start = folderPrefix(prefix);
  const send = withToken(token);
  const fileOf = ({ name, size, generation }: z.output<typeof objectSchema>): SourceFile => ({
    path: name.slice(start.length),
    size: Number(size ?? 0),
    ...(generation === undefined ? {} : { version: generation }),
  });
  return webSource({
    name: `gs://${bucket}/${prefix}`.replace(/\/$/, ''),
    fetch: send,
    urlOf: (path) => `${root}/${encodeURIComponent(start + path)}?alt=media`,
    async list(folder, signal) {
      const files: SourceFile[] = [];
      let page: string | undefined;
      do {
        const query = new URLSearchParams({ prefix: start + folderPrefix(folder), fields: 'items(name,size,generation),nextPageToken' });
        if (page !== undefined) query.set('pageToken', page);
        const address = `${root}?${query.toString()}`;
        const answer = await readJson(await ask(send, address, { signal }), listSchema, address);
        files.push(...(answer?.items ?? []).filter(({ name }) => !name.endsWith('/')).map(fileOf));
        page = answer?.nextPageToken;
      } while (page !== undefined);
      return files;
    },
    async stat(path, signal) {
      const address = `${root}/${encodeURIComponent(start + path)}`;
      const found = await readJson(await ask(send, address, { signal }), objectSchema, address);
      return found === undefined ? undefined : fileOf(found);
    },
  });
}

/** @throws AiprodError 'bad-input' when the answer is not what the protocol says. */
export async function readJson<Schema extends z.ZodType>(
  response: Response | undefined,
  schema: Schema,
  where: string,
): Promise<z.output<Schema> | undefined> {
  if (response === undefined) return undefined;
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new AiprodError('bad-input', 'the server answers what its protocol does not know', { where, found: parsed.error.message });
}
