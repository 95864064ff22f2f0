import { AiprodError } from '../errors';
import { VIDEO_FORMATS, type VideoFormat } from './types';

/**
 * The format that a file's ending asks for, whatever its case.
 * @throws bad-usage for another ending, with the list of those that work.
 */
export function formatOfPath(path: string): VideoFormat {
  const ending = /\.([^./\\]+)[/\\]*$/.exec(path)?.[1]?.toLowerCase();
  const format = VIDEO_FORMATS.find((candidate) => candidate === ending);
  if (format === undefined) {
    throw new AiprodError('bad-usage', 'The output file has an ending that names no video format', {
      expected: VIDEO_FORMATS.map((candidate) => `.${candidate}`).join(', '),
      found: ending === undefined ? `no ending in "${path}"` : `.${ending}`,
    });
  }
  return format;
}

/** Whether a path names a file of sound alone, whatever the case of its ending. */
export const isSoundPath = (path: string): boolean => /\.wav$/i.test(path);
