import { crc32 } from '../../numeric/crc32';
import { joinedBytes } from '../../numeric/joined';

/** A file that goes into an archive. Its bytes are asked for twice: for the checksum, which stands before them, and to be written. */
export interface ZipInput {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly size: number;
  bytes(): AsyncIterable<Uint8Array>;
}

const storedVersion = 20;
const zip64Version = 45;
/** Names are in UTF-8. */
const utf8Flag = 0x0800;
/** 1 January 1980, the first day of the format: the same files give the same archive. */
const firstDay = 0x0021;
const largest32 = 0xffffffff;
const stored = 0;
/** Of the extra field that holds numbers of 64 bits. */
const zip64Field = 1;

interface Written {
  readonly name: Uint8Array<ArrayBuffer>;
  readonly size: number;
  readonly checksum: number;
  readonly offset: number;
}

/**
 * An archive of stored files (PKWARE APPNOTE 6.3.10), piece by piece: no file is in memory whole. Sizes and places past 4 GiB are written
 * as ZIP64. Without time stamps.
 */
export async function* writeZip(
  inputs: Iterable<ZipInput> | AsyncIterable<ZipInput>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const written: Written[] = [];
  let at = 0;
  for await (const { path, size, bytes } of inputs) {
    let checksum = 0;
    for await (const piece of bytes()) checksum = crc32(piece, checksum);
    const entry: Written = { name: new TextEncoder().encode(path), size, checksum, offset: at };
    const header = localHeader(entry);
    yield header;
    at += header.length;
    for await (const piece of bytes()) {
      yield new Uint8Array(piece);
      at += piece.length;
    }
    written.push(entry);
  }
  const directory = at;
  for (const entry of written) {
    const header = centralHeader(entry);
    yield header;
    at += header.length;
  }
  yield endRecords(written.length, directory, at - directory);
}

const u16 = (...values: readonly number[]): Uint8Array => new Uint8Array(values.flatMap((value) => [value & 0xff, value >>> 8]));
const u32 = (...values: readonly number[]): Uint8Array =>
  joinedBytes(values.map((value) => u16(value % 0x10000, Math.floor(value / 0x10000))));
const u64 = (...values: readonly number[]): Uint8Array =>
  joinedBytes(values.map((value) => u32(value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000))));

/** What local and central headers have in common, from the version that reads them to the length of the extra field. */
function shared({ name, size, checksum }: Written, wide: boolean, extra: Uint8Array): Uint8Array {
  const narrow = Math.min(size, largest32);
  return joinedBytes([
    u16(wide ? zip64Version : storedVersion, utf8Flag, stored, 0, firstDay),
    u32(checksum, narrow, narrow),
    u16(name.length, extra.length),
  ]);
}

function localHeader(entry: Written): Uint8Array<ArrayBuffer> {
  const wide = entry.size >= largest32;
  const extra = wide ? joinedBytes([u16(zip64Field, 16), u64(entry.size, entry.size)]) : u16();
  return joinedBytes([u32(0x04034b50), shared(entry, wide, extra), entry.name, extra]);
}

function centralHeader(entry: Written): Uint8Array<ArrayBuffer> {
  const { size, offset, name } = entry;
  const wide = [...(size >= largest32 ? [size, size] : []), ...(offset >= largest32 ? [offset] : [])];
  const extra = wide.length === 0 ? u16() : joinedBytes([u16(zip64Field, wide.length * 8), u64(...wide)]);
  return joinedBytes([
    u32(0x02014b50),
    u16(zip64Version),
    shared(entry, wide.length > 0, extra),
    // Comment, disk, attributes.
    u16(0, 0, 0),
    u32(0, Math.min(offset, largest32)),
    name,
    extra,
  ]);
}

function endRecords(count: number, offset: number, bytes: number): Uint8Array<ArrayBuffer> {
  const entries = Math.min(count, 0xffff);
  const narrow = [u32(0x06054b50), u16(0, 0, entries, entries), u32(Math.min(bytes, largest32), Math.min(offset, largest32)), u16(0)];
  if (count < 0xffff && offset < largest32 && bytes < largest32) return joinedBytes(narrow);
  const record64 = [u32(0x06064b50), u64(44), u16(zip64Version, zip64Version), u32(0, 0), u64(count, count, bytes, offset)];
  const locator = [u32(0x07064b50, 0), u64(offset + bytes), u32(1)];
  return joinedBytes([...record64, ...locator, ...narrow]);
}
