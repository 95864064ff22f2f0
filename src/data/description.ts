import { parse } from 'csv-parse/sync';
import { AiprodError } from '../errors';
import type { ByteSource } from '../weights';
import type { DataSource } from './data-source';
import { FILE_COLUMNS, withoutEnding, type MediaItem, type MediaSet } from './media-item';
import type { SkippedSample } from './sample-set';

/** Descriptions are held in memory whole. */
const LARGEST_DESCRIPTION = 1 << 29;

/** Older names of columns in LTX-2's trainer. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['media_path', 'video'],
  ['ref_media_path', 'reference_video'],
]);

/** A row, and where it stands for messages. */
interface Row {
  readonly place: string;
  readonly fields: unknown;
}

/**
 * Reads a description of a data set: CSV with a line of names, a JSON list of objects, or JSONL. Columns: those of `MediaItem`, with
 * `media_path` and `ref_media_path` for `video` and `reference_video`; any other is ignored. Paths are relative to the description. A row
 * that cannot be used is rejected, the others stay.
 * @throws AiprodError 'bad-input' when it cannot be read as what its ending says, or no row names a file.
 */
export async function readDescription(source: DataSource, path: string, signal?: AbortSignal): Promise<MediaSet> {
  const where = `${source.name}/${path}`;
  const text = await readText(await source.open(path, signal));
  const rejected: SkippedSample[] = [];
  const items = new Map<string, MediaItem>();
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  for (const { place, fields } of rowsOf(path, text, where, rejected)) {
    try {
      const item = itemOf(fields, folder);
      if (items.has(item.id)) throw refusal('another row makes the same sample', 'a media file once', item.id);
      items.set(item.id, item);
    } catch (error) {
      if (!(error instanceof AiprodError)) throw error;
      rejected.push({ id: `${path}, ${place}`, reason: error.message });
    }
  }
  if (items.size === 0) {
    throw new AiprodError('bad-input', 'the description holds no usable row', {
      where,
      expected: `rows with ${FILE_COLUMNS.slice(0, 2).join(' or ')}`,
      found: rejected.length === 0 ? 'no row' : `${rejected.length} rows, the first: ${rejected[0].reason}`,
    });
  }
  return { items: [...items.values()], rejected };
}

/** The text of a small file, which is closed. @throws AiprodError 'bad-input' when it is too large or not UTF-8. */
export async function readText(file: ByteSource): Promise<string> {
  try {
    if (file.size > LARGEST_DESCRIPTION)
      throw refusal('the text file is too large', `${LARGEST_DESCRIPTION} bytes`, `${file.size}`, file.name);
    const bytes = await file.read(0, file.size);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError('bad-input', 'the text file is not UTF-8', { where: file.name, hint: 'Save it as UTF-8' }, { cause });
  } finally {
    await file.close?.();
  }
}

function rowsOf(path: string, text: string, where: string, rejected: SkippedSample[]): Row[] {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  switch (ending) {
    case 'csv':
      return csvRows(text, where);
    case 'json': {
      const list = parseJson(text, where);
      if (!Array.isArray(list)) throw refusal('the description is no list', 'a JSON list of objects', typeof list, where);
      return list.map((fields: unknown, index) => ({ place: `entry ${index + 1}`, fields }));
    }
    case 'jsonl':
      return text.split('\n').flatMap((line, index) => {
        if (line.trim() === '') return [];
        const place = `line ${index + 1}`;
        try {
          return [{ place, fields: parseJson(line, where) }];
        } catch (error) {
          if (!(error instanceof AiprodError)) throw error;
          rejected.push({ id: `${path}, ${place}`, reason: error.message });
          return [];
        }
      });
    default:
      throw refusal('the description is of no kind that is read here', 'a file ending in .csv, .json or .jsonl', `.${ending}`, where);
  }
}

function csvRows(text: string, where: string): Row[] {
  try {
    // Line numbers count from 1, after the line of names.
    const records: unknown[] = parse(text, { bom: true, columns: true, skip_empty_lines: true, relax_column_count: true, info: true });
    return records.map((record) => {
      const { record: fields, info } = isObject(record) ? record : {};
      const line = isObject(info) ? info.lines : undefined;
      return { place: `line ${typeof line === 'number' ? line : '?'}`, fields };
    });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('bad-input', 'the description is not valid CSV', { where, expected: 'RFC 4180', found }, { cause });
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('bad-input', 'this is not valid JSON', { where, found }, { cause });
  }
}

function itemOf(fields: unknown, folder: string): MediaItem {
  if (!isObject(fields)) throw refusal('the row is no object', 'names and values', typeof fields);
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    const column = ALIASES.get(name) ?? name;
    const isFile = FILE_COLUMNS.some((candidate) => candidate === column);
    if ((!isFile && column !== 'caption') || value === null || value === '') continue;
    if (typeof value !== 'string') throw refusal(`${name} is no text`, 'a text', typeof value);
    values.set(column, isFile ? folder + checkPath(name, value.trim()) : value);
  }
  const main = values.get('video') ?? values.get('audio');
  if (main === undefined) throw refusal('the row names no media', 'video or audio', [...Object.keys(fields)].join(', ') || 'nothing');
  return { id: withoutEnding(main), ...Object.fromEntries(values) };
}

/** Paths stay below the description's folder, so that a set can be moved, and where the sample goes is known. */
function checkPath(column: string, path: string): string {
  const parts = path.split('/');
  if (!path.includes('\\') && !path.startsWith('/') && !/^[a-z]+:/i.test(path) && !parts.includes('..')) {
    return parts.filter((part) => part !== '.').join('/');
  }
  throw refusal(`${column} is no path of the data set`, "a path below the description's folder, with / between the parts", path);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(message: string, expected: string, found: string, where?: string): AiprodError {
  return new AiprodError('bad-input', message, { expected, found, ...(where === undefined ? {} : { where }) });
}
