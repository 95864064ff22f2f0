import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { DataSource } from './data-source';
import { readDescription } from './description';
import { openLocalSource } from './local-source';
import { readMediaFolder } from './media-folder';
import type { MediaSet } from './media-item';

/** A data set and where its files are. */
export interface Dataset {
  readonly source: DataSource;
  readonly set: MediaSet;
}

/**
 * Opens a data set by its place: a description (.csv, .json, .jsonl) or a folder of media.
 * @throws AiprodError 'bad-input' when it is neither.
 */
export async function openDataset(place: string, signal?: AbortSignal): Promise<Dataset> {
  const info = await stat(place).catch(() => undefined);
  if (info?.isFile() === true) {
    const source = await openLocalSource(dirname(place));
    return { source, set: await readDescription(source, basename(place), signal) };
  }
  const source = await openLocalSource(place);
  return { source, set: await readMediaFolder(source, '', signal) };
}
