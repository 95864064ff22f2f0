import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AiprodError } from '../errors';
import type { DataSource } from './data-source';
import { readDescription } from './description';
import { readMediaFolder } from './media-folder';
import type { MediaSet } from './media-item';
import { gcsSource } from './sources/gcs-source';
import { hubSource } from './sources/hub-source';
import { openLocalSource } from './sources/local-source';
import { s3Source, type S3Place } from './sources/s3-source';
import { webSource, withToken } from './sources/web-source';
import { cachedSource, type CacheFigures, type CacheOptions } from './sources/zstd-cache';

/** What is needed to reach a data set that is not on this disk. */
export interface DatasetAccess {
  /** Address of the server, in place of the service's own; for `s3://`, `gs://` and `hf://`. */
  readonly endpoint?: string;
  /** Of `s3://`. */
  readonly region?: string;
  /** Of `s3://`; requests are not signed where there are none. */
  readonly keys?: S3Place['keys'];
  /** Access token of `gs://`, `hf://` and `https://`. */
  readonly token?: string;
  /** Keeps what is fetched on disk. */
  readonly cache?: CacheOptions;
  readonly signal?: AbortSignal;
}

/** A data set and where its files are. */
export interface Dataset {
  readonly source: DataSource;
  readonly set: MediaSet;
  /** How the cache has done, where there is one. */
  cache?(): CacheFigures;
}

const DESCRIPTION = /\.(csv|json|jsonl)$/i;

/**
 * Opens a data set by its place: a description (.csv, .json, .jsonl) or a folder of media, on disk or at `s3://BUCKET/PREFIX`,
 * `gs://BUCKET/PREFIX`, `hf://datasets/OWNER/NAME[@REVISION]/FOLDER`; of a web server (`https://...`) a description.
 * @throws AiprodError 'bad-input' when there is nothing of the kind.
 */
export async function openDataset(place: string, access: DatasetAccess = {}): Promise<Dataset> {
  const { signal, cache } = access;
  const address = /^([a-z0-9]+):\/\/(.*)$/i.exec(place);
  const isDescription = address === null ? (await stat(place).catch(() => undefined))?.isFile() === true : DESCRIPTION.test(place);
  const folder = isDescription ? dirname(place) : place;
  const fetched = address === null ? await openLocalSource(folder) : sourceAt(address[1].toLowerCase(), address[2], isDescription, access);
  const cached = address === null || cache === undefined ? undefined : await cachedSource(fetched, cache);
  const source = cached ?? fetched;
  const set = isDescription ? await readDescription(source, basename(place), signal) : await readMediaFolder(source, '', signal);
  return { source, set, ...(cached === undefined ? {} : { cache: cached.figures }) };
}

/** The folder of an address, which is that of the description where it names one. */
function sourceAt(kind: string, rest: string, isDescription: boolean, { endpoint, region, keys, token }: DatasetAccess): DataSource {
  const parts = rest.split('/').filter((part) => part !== '');
  if (isDescription) parts.pop();
  const at = endpoint === undefined ? {} : { endpoint };
  const [bucket, ...prefix] = parts;
  const authorised = token === undefined ? {} : { token };
  switch (kind) {
    case 's3':
      return s3Source({
        ...{ bucket, prefix: prefix.join('/'), ...at },
        ...(region === undefined ? {} : { region }),
        ...(keys === undefined ? {} : { keys }),
      });
    case 'gs':
      return gcsSource({ bucket, prefix: prefix.join('/'), ...at, ...authorised });
    case 'hf': {
      const [type, owner, named = '', ...folder] = parts;
      const [name, revision] = named.split('@');
      if (type !== 'datasets' || name === '') break;
      const place = { repository: `${owner}/${name}`, folder: folder.join('/'), ...(revision === undefined ? {} : { revision }) };
      return hubSource({ ...place, ...at, ...authorised });
    }
    case 'http':
    case 'https': {
      const root = `${kind}://${parts.join('/')}`;
      const urlOf = (path: string): string => `${root}/${path.split('/').map(encodeURIComponent).join('/')}`;
      return webSource({ name: root, fetch: withToken(token), urlOf });
    }
  }
  throw new AiprodError('bad-input', 'there is no data set at such an address', {
    where: `${kind}://${rest}`,
    expected: 'a path, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, hf://datasets/OWNER/NAME/FOLDER or https://...',
  });
}
