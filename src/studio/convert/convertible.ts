import { FOREIGN_BYTES, foreignFormat } from '../../media';
import { problemOf } from '../state/problem';

/** Why a file is not read here, of those that a converter may help with. */
export interface Unread {
  /** Name of its format; undefined where the format is read, and what is coded in it is not. */
  readonly format: string | undefined;
}

/**
 * Whether a converter may make something of a file that could not be read. Not of one that is damaged, empty or of no kind that is known: there a
 * download of many megabytes would end in the same words.
 * @param error of reading it
 */
export async function unreadOf(file: Blob, error: unknown): Promise<Unread | undefined> {
  const { code } = problemOf(error);
  if (code === 'codec-unavailable') return { format: undefined };
  if (code !== 'bad-input') return undefined;
  const format = foreignFormat(new Uint8Array(await file.slice(0, FOREIGN_BYTES).arrayBuffer()));
  return format === undefined ? undefined : { format };
}
