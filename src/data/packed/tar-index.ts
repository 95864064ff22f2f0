import { AiprodError } from '../../errors';
import type { ByteSource } from '../../weights';

/** A file in an archive. */
export interface TarEntry {
  readonly path: string;
  /** Where its content begins, and its length, in bytes. */
  readonly offset: number;
  readonly size: number;
}

/** What an archive holds. */
export interface TarIndex {
  readonly entries: readonly TarEntry[];
  /** Why nothing behind the entries can be read; absent where the archive is whole. */
  readonly damage?: string;
}

const BLOCK = 512;
/** Bytes that are read at once: small files and their headers lie behind one another. */
const WINDOW = 1 << 16;
/** Names longer than this are none. */
const LONGEST_NAME = 1 << 16;

const LINK_TYPES = new Set(['1', '2']);

/**
 * Lists an archive by its headers alone (POSIX.1-2001 ustar with pax headers, and GNU's long names and large sizes): contents are jumped over.
 * Folders and links are left out. An archive that is cut off or damaged is listed up to there.
 */
export async function readTarIndex(file: ByteSource): Promise<TarIndex> {
  const entries: TarEntry[] = [];
  const read = windowed(file);
  /** Of the headers before an entry: its path and size where they do not fit into its own. */
  let named: { path?: string; size?: number } = {};
  let at = 0;
  try {
    while (at + BLOCK <= file.size) {
      const header = await read(at, BLOCK);
      if (header.every((byte) => byte === 0)) return { entries };
      checkHeader(header, file.name, at);
      const type = String.fromCharCode(header[156]);
      const size = named.size ?? numberIn(header, 124, 12, file.name);
      const offset = at + BLOCK;
      if (offset + size > file.size) throw damaged(file.name, `an entry that ends at byte ${offset + size} of ${file.size}`);
      at = offset + Math.ceil(size / BLOCK) * BLOCK;
      if (type === 'L' || type === 'x') {
        if (size > LONGEST_NAME) throw damaged(file.name, `a name of ${size} bytes`);
        const text = new TextDecoder().decode(await read(offset, size));
        named = { ...named, ...(type === 'L' ? { path: text.replace(/\0+$/, '') } : paxFields(text)) };
        continue;
      }
      if (type === 'g' || type === 'K') continue;
      const path = named.path ?? pathIn(header);
      named = {};
      if ((type === '0' || type === '\0') && !path.endsWith('/')) entries.push({ path, offset, size });
      else if (!LINK_TYPES.has(type) && !/[3-7/]/.test(type) && type !== '\0')
        throw damaged(file.name, `an entry of type ${JSON.stringify(type)}`);
    }
  } catch (error) {
    if (!(error instanceof AiprodError) || error.code === 'cancelled') throw error;
    return { entries, damage: error.message };
  }
  // An archive ends with blocks of zeros; some writers leave them out, so that a file that ends behind an entry is taken for whole.
  return at === file.size ? { entries } : { entries, damage: damaged(file.name, `${file.size - at} bytes behind the last entry`).message };
}

function windowed(file: ByteSource): (offset: number, length: number) => Promise<Uint8Array> {
  let start = 0;
  let window = new Uint8Array(0);
  return async (offset, length) => {
    if (offset < start || offset + length > start + window.length) {
      window = await file.read(offset, Math.min(file.size - offset, Math.max(length, WINDOW)));
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}

/** The sum of the header's bytes, those of the sum itself taken as spaces. */
function checkHeader(header: Uint8Array, where: string, at: number): void {
  let sum = 8 * 32;
  for (const [place, byte] of header.entries()) if (place < 148 || place >= 156) sum += byte;
  if (numberIn(header, 148, 8, where) !== sum) throw damaged(where, `no header at byte ${at}`);
}

/** Octal digits, or GNU's big-endian number behind a byte of 128. */
function numberIn(header: Uint8Array, at: number, length: number, where: string): number {
  const field = header.subarray(at, at + length);
  if ((field[0] & 0x80) !== 0) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (field[0] === 0x80 && Number.isSafeInteger(value)) return value;
    throw damaged(where, 'a size that is no number');
  }
  const text = textOf(field).trim();
  if (!/^[0-7]*$/.test(text)) throw damaged(where, `${JSON.stringify(text)} for a number`);
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function pathIn(header: Uint8Array): string {
  const name = textOf(header.subarray(0, 100));
  const prefix = textOf(header.subarray(257, 262)) === 'ustar' && header[262] === 0 ? textOf(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Records `LENGTH KEY=VALUE\n`, of which the path and the size count here. */
function paxFields(text: string): { path?: string; size?: number } {
  const fields: { path?: string; size?: number } = {};
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    const record = /^(\d+) /.exec(new TextDecoder().decode(bytes.subarray(at, at + 20)));
    const length = Number(record?.[1] ?? 0);
    if (record === null || length <= record[0].length) break;
    const [, key, value] = /^([^=]*)=([^]*)\n$/.exec(new TextDecoder().decode(bytes.subarray(at + record[0].length, at + length))) ?? [];
    if (key === 'path') fields.path = value;
    if (key === 'size' && /^\d+$/.test(value)) fields.size = Number(value);
    at += length;
  }
  return fields;
}

function damaged(where: string, found: string): AiprodError {
  return new AiprodError('bad-input', 'the tar archive is damaged', { where, found, hint: 'Fetch or make it again' });
}
