import { AiprodError } from '../../errors';
import { crc32 } from '../../numeric/crc32';
import type { ByteSource } from '../../weights/web';
import { isPlainPath } from '../plain-path';

/** A file inside a ZIP archive (PKWARE APPNOTE 6.3.10). */
export interface ZipEntry {
  readonly path: string;
  /** Bytes when unpacked, as the archive claims. */
  readonly size: number;
  /** Bytes inside the archive; equal to `size` where it is stored. */
  readonly packedSize: number;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  /** Of its first byte in the archive. */
  readonly offset: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;

const endBytes = 22;
const localBytes = 30;
/** Most bytes of the directory, and most entries: a project has one file and its media. */
const largestDirectory = 64 * 1024 * 1024;
const mostEntries = 200_000;

/**
 * Lists the files of an archive from its central directory, and checks what it claims: every entry lies inside the file, none overlaps
 * another, local headers say the same, paths are relative and plain. Folders are left out.
 * @throws AiprodError `bad-input`
 */
export async function readZip(source: ByteSource): Promise<ZipEntry[]> {
  const { offset, bytes, count } = await findDirectory(source);
  const directory = await read(source, offset, bytes);
  const entries: ZipEntry[] = [];
  const paths = new Set<string>();
  let at = 0;
  for (let number = 0; number < count; number++) {
    const { entry, next, localOffset } = centralEntry(source, directory, at);
    at = next;
    if (entry.path.endsWith('/')) continue;
    if (!isPlainPath(entry.path)) throw damaged(source, 'relative paths of plain names', entry.path.slice(0, 200));
    if (paths.has(entry.path)) throw damaged(source, 'each file once', `two files ${entry.path}`);
    paths.add(entry.path);
    entries.push({ ...entry, offset: await dataOffset(source, entry, localOffset) });
  }
  requireApart(source, entries, offset);
  return entries;
}

/**
 * The bytes of an entry, piece by piece; no more than it claims, and with the checksum that it claims.
 * @throws AiprodError `bad-input` where that is not so
 */
export async function* readZipEntry(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let size = 0;
  let checksum = 0;
  for await (const piece of entry.method === 'stored' ? packed(source, entry) : inflated(source, entry)) {
    size += piece.length;
    if (size > entry.size) throw damaged(source, `${entry.size} bytes of ${entry.path}`, 'more');
    checksum = crc32(piece, checksum);
    yield piece;
  }
  if (size !== entry.size) throw damaged(source, `${entry.size} bytes of ${entry.path}`, `${size}`);
  if (checksum !== entry.crc32) throw damaged(source, `the checksum of ${entry.path}`, 'another content');
}

const pieceBytes = 4 * 1024 * 1024;

async function* packed(source: ByteSource, { offset, packedSize }: ZipEntry): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let at = 0; at < packedSize; at += pieceBytes) yield read(source, offset + at, Math.min(pieceBytes, packedSize - at));
}

async function* inflated(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const pieces = packed(source, entry);
  const stored = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const piece = await pieces.next();
      if (piece.done === true) controller.close();
      else controller.enqueue(piece.value);
    },
  });
  const reader = stored.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (;;) {
      const piece = await reader.read().catch((cause: unknown) => {
        throw damaged(source, `${entry.path} packed by deflate`, cause instanceof Error ? cause.message : String(cause));
      });
      if (piece.done) return;
      yield new Uint8Array(piece.value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

/** The record at the end of the archive says where its directory lies; a comment may follow it. */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.size, endBytes + 0xffff);
  const tail = await read(source, source.size - tailBytes, tailBytes);
  const view = viewOf(tail);
  for (let at = tailBytes - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== endSignature || view.getUint16(at + 20, true) !== tailBytes - at - endBytes) continue;
    if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0) {
      throw damaged(source, 'an archive in one file', 'one of several parts');
    }
    const end = source.size - tailBytes + at;
    const count = view.getUint16(at + 10, true);
    const directory = { count, bytes: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
    const wide = count === 0xffff || directory.bytes === 0xffffffff || directory.offset === 0xffffffff;
    return checkedDirectory(source, wide ? await findDirectory64(source, end) : directory, end);
  }
  throw damaged(source, 'a ZIP archive', 'no directory at its end');
}

/** ZIP64: the same in 64 bits, found through a locator of 20 bytes before the usual record. */
async function findDirectory64(source: ByteSource, end: number): Promise<Directory> {
  const locator = viewOf(await read(source, end - 20, 20));
  if (locator.getUint32(0, true) !== locator64Signature) throw damaged(source, 'the ZIP64 record', 'none');
  const record = viewOf(await read(source, wideNumber(source, locator, 8), 56));
  if (record.getUint32(0, true) !== end64Signature) throw damaged(source, 'the ZIP64 record', 'none');
  return { count: wideNumber(source, record, 32), bytes: wideNumber(source, record, 40), offset: wideNumber(source, record, 48) };
}

function checkedDirectory(source: ByteSource, directory: Directory, end: number): Directory {
  const { offset, bytes, count } = directory;
  if (offset + bytes > end) throw damaged(source, `a directory before byte ${end}`, `${bytes} bytes at ${offset}`);
  if (bytes > largestDirectory || count > mostEntries) {
    throw damaged(source, `at most ${mostEntries} files`, `${count} files in ${bytes} bytes`);
  }
  return directory;
}

type Found = { readonly entry: Omit<ZipEntry, 'offset'>; readonly next: number; readonly localOffset: number };

function centralEntry(source: ByteSource, directory: Uint8Array<ArrayBuffer>, at: number): Found {
  const short = (): AiprodError => damaged(source, 'a directory of all its files', 'one that is cut short');
  if (at + 46 > directory.length) throw short();
  const view = viewOf(directory);
  if (view.getUint32(at, true) !== centralSignature) throw short();
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > directory.length) throw short();
  const path = decodeName(source, directory.subarray(at + 46, nameEnd));
  const flags = view.getUint16(at + 8, true);
  if ((flags & 1) !== 0) throw damaged(source, 'files that are not encrypted', path);
  const method = methodOf(source, path, view.getUint16(at + 10, true));
  const wide = wideFields(source, new DataView(directory.buffer, directory.byteOffset + nameEnd, extraEnd - nameEnd), {
    size: view.getUint32(at + 24, true),
    packedSize: view.getUint32(at + 20, true),
    localOffset: view.getUint32(at + 42, true),
  });
  const { size, packedSize, localOffset } = wide;
  if (method === 'stored' && size !== packedSize) throw damaged(source, `${size} bytes of ${path}`, `${packedSize}`);
  return { entry: { path, method, size, packedSize, crc32: view.getUint32(at + 16, true) }, next, localOffset };
}

interface WideFields {
  readonly size: number;
  readonly packedSize: number;
  readonly localOffset: number;
}

/** Fields that are too large for 32 bits stand in an extra field, those of them that are needed, in this order. */
function wideFields(source: ByteSource, extra: DataView, narrow: WideFields): WideFields {
  const found = { ...narrow };
  const needed = (['size', 'packedSize', 'localOffset'] as const).filter((field) => narrow[field] === 0xffffffff);
  if (needed.length === 0) return found;
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    if (at + 4 + needed.length * 8 > extra.byteLength) break;
    needed.forEach((field, index) => (found[field] = wideNumber(source, extra, at + 4 + index * 8)));
    return found;
  }
  throw damaged(source, 'sizes in 64 bits', 'none');
}

function methodOf(source: ByteSource, path: string, method: number): ZipEntry['method'] {
  if (method === 0) return 'stored';
  if (method === 8) return 'deflated';
  throw damaged(source, 'files stored or packed by deflate', `method ${method} of ${path}`);
}

/** Where an entry's bytes begin: after its local header, which must name the same file. */
async function dataOffset(source: ByteSource, { path }: Pick<ZipEntry, 'path'>, localOffset: number): Promise<number> {
  const header = viewOf(await read(source, localOffset, localBytes));
  if (header.getUint32(0, true) !== localSignature) throw damaged(source, `a header of ${path}`, 'none');
  const nameBytes = header.getUint16(26, true);
  const name = decodeName(source, await read(source, localOffset + localBytes, nameBytes));
  if (name !== path) throw damaged(source, path, `${name} in its place`);
  return localOffset + localBytes + nameBytes + header.getUint16(28, true);
}

/** Archives whose entries share bytes unpack to far more than they are. */
function requireApart(source: ByteSource, entries: readonly ZipEntry[], directory: number): void {
  let end = 0;
  for (const { offset, packedSize, path } of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw damaged(source, 'files apart from each other', `${path} inside another`);
    end = offset + packedSize;
    if (end > directory) throw damaged(source, 'files before the directory', `${path} beyond it`);
  }
}

function decodeName(source: ByteSource, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(source, 'names in UTF-8', 'other bytes');
  }
}

function wideNumber(source: ByteSource, view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(source, 'sizes below 2^53', value.toString());
  return Number(value);
}

async function read(source: ByteSource, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (offset < 0 || offset + length > source.size) throw damaged(source, `bytes ${offset} to ${offset + length}`, `${source.size} bytes`);
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) throw damaged(source, `${length} bytes at ${offset}`, `${bytes.length}`);
  return bytes;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function damaged(source: ByteSource, expected: string, found: string): AiprodError {
  return new AiprodError('bad-input', 'the archive is damaged, or is none', { where: source.name, expected, found });
}
