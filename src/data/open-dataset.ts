import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AiprodError } from '../errors';
import type { DataSource, SourceFile } from './data-source';
import { readDescription } from './description';
import { isMedia, readMediaFolder } from './media-folder';
import type { MediaSet } from './media-item';
import { parquetSet } from './packed/parquet-set';
import { tarSource } from './packed/tar-source';
import type { SkippedSample } from './sample-set';
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

/** A place that was opened, with its cache. */
export interface OpenedPlace {
  readonly source: DataSource;
  cache?(): CacheFigures;
}

const DESCRIPTION = /\.(csv|json|jsonl)$/i;
const SHARDS = /\.tar$/i;
const TABLE = /\.parquet$/i;
const COMPRESSED_SHARDS = /\.(tar\.[a-z0-9]+|tgz)$/i;
const isOneFile = (path: string): boolean => [DESCRIPTION, SHARDS, TABLE].some((ending) => ending.test(path));

/**
 * Opens a data set by its place: a description (.csv, .json, .jsonl), a folder of media, shards of webdataset (.tar) or tables of a Hugging Face data
 * set (.parquet), one of these files or a folder of them; on disk or at `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`,
 * `hf://datasets/OWNER/NAME[@REVISION]/FOLDER`; of a web server (`https://...`) one file.
 * @throws AiprodError 'bad-input' when there is nothing of the kind.
 */
export async function openDataset(place: string, access: DatasetAccess = {}): Promise<Dataset> {
  const { signal, cache } = access;
  const { source: fetched, file, isLocal } = await sourceOf(place, access);
  const packed = await unpacked(fetched, file, signal);
  const cached = isLocal || cache === undefined ? undefined : await cachedSource(packed.source, cache);
  const source = cached ?? packed.source;
  const set =
    packed.set ??
    (file === undefined || SHARDS.test(file) ? await readMediaFolder(source, '', signal) : await readDescription(source, file, signal));
  return {
    source,
    set: { items: set.items, rejected: [...(packed.rejected ?? []), ...set.rejected] },
    ...(cached === undefined ? {} : { cache: cached.figures }),
  };
}

/** Opens a folder, on disk or at an address, whatever is in it. @throws AiprodError 'bad-input' when there is none. */
export async function openPlace(place: string, access: DatasetAccess = {}): Promise<OpenedPlace> {
  const { source, isLocal } = await sourceOf(place, access, false);
  if (isLocal || access.cache === undefined) return { source };
  const cached = await cachedSource(source, access.cache);
  return { source: cached, cache: cached.figures };
}

interface Unpacked {
  readonly source: DataSource;
  /** Where the tables say what the samples are. */
  readonly set?: MediaSet;
  readonly rejected?: readonly SkippedSample[];
}

/** What lies in shards or tables as a source; the source itself where media lie in it as they are. The cache keeps samples, not shards. */
async function unpacked(source: DataSource, file: string | undefined, signal: AbortSignal | undefined): Promise<Unpacked> {
  if (file !== undefined && DESCRIPTION.test(file)) return { source };
  const files = file === undefined ? await source.list('', signal) : [await fileAt(source, file, signal)];
  if (files.some(({ path }) => isMedia(path))) return { source };
  const tables = files.filter(({ path }) => TABLE.test(path));
  if (tables.length > 0) return parquetSet(source, tables, signal);
  const shards = files.filter(({ path }) => SHARDS.test(path));
  if (shards.length > 0) return tarSource(source, shards, signal);
  const compressed = files.find(({ path }) => COMPRESSED_SHARDS.test(path));
  if (compressed === undefined) return { source };
  throw new AiprodError('bad-input', 'compressed shards cannot be read at any place', {
    where: `${source.name}/${compressed.path}`,
    expected: '.tar',
    hint: 'Unpack them to .tar; media do not become smaller by compression',
  });
}

async function fileAt(source: DataSource, path: string, signal: AbortSignal | undefined): Promise<SourceFile> {
  const file = await source.stat(path, signal);
  if (file !== undefined) return file;
  throw new AiprodError('bad-input', 'the file is not there', { where: `${source.name}/${path}`, hint: 'Check the path' });
}

/** The source that a place names, and the one file of it that it means. */
async function sourceOf(
  place: string,
  access: DatasetAccess,
  mayBeFile = true,
): Promise<{ readonly source: DataSource; readonly file: string | undefined; readonly isLocal: boolean }> {
  const address = /^([a-z0-9]+):\/\/(.*)$/i.exec(place);
  if (address !== null) {
    const isFile = mayBeFile && isOneFile(place);
    const source = sourceAt(address[1].toLowerCase(), address[2], isFile, access);
    return { source, file: isFile ? basename(place) : undefined, isLocal: false };
  }
  const isFile = mayBeFile && (await stat(place).catch(() => undefined))?.isFile() === true;
  return { source: await openLocalSource(isFile ? dirname(place) : place), file: isFile ? basename(place) : undefined, isLocal: true };
}

/** The folder of an address, which is that of the file where it names one. */
function sourceAt(kind: string, rest: string, isFile: boolean, { endpoint, region, keys, token }: DatasetAccess): DataSource {
  const parts = rest.split('/').filter((part) => part !== '');
  if (isFile) parts.pop();
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
