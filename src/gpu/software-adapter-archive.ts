import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { AiprodError } from '../errors';

const decompressBrotli = promisify(brotliDecompress);

/** One regular file of a tar archive. */
export interface ArchiveEntry {
  /** Path inside the archive, relative and normalised. */
  readonly path: string;
  /** Permission bits, for example 0o755. */
  readonly mode: number;
  readonly content: Uint8Array;
}

const blockSize = 512;

/**
 * Regular files of a tar archive in the ustar layout (POSIX 1003.1-1988, IEEE Std 1003.1 "pax"): a 512-byte header of octal
 * text, then the content padded to whole blocks. Folders are implied by the paths; links and extensions are not needed here
 * and refused.
 *
 * @throws AiprodError `bad-input` for a truncated archive, another kind of entry or a path that leaves the folder.
 */
export function readTar(archive: Uint8Array): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  let offset = 0;
  while (offset + blockSize <= archive.length) {
    const header = archive.subarray(offset, offset + blockSize);
    if (header.every((byte) => byte === 0)) return entries;
    const name = [text(header, 345, 155), text(header, 0, 100)].filter((part) => part !== '').join('/');
    const size = octal(header, 124, 12, name);
    const kind = String.fromCharCode(header[156] ?? 0);
    offset += blockSize;
    if (offset + size > archive.length) throw new AiprodError('bad-input', `archive ends inside ${name}`);
    if (kind === '0' || kind === '\0') {
      const path = normalize(name);
      if (path.startsWith('/') || path.startsWith('..')) throw new AiprodError('bad-input', `archive entry ${name} leaves its folder`);
      entries.push({ path, mode: octal(header, 100, 8, name) & 0o777, content: archive.subarray(offset, offset + size) });
    } else if (kind !== '5') {
      throw new AiprodError('bad-input', `archive entry ${name} is of kind "${kind}"`, { expected: 'files and folders only' });
    }
    offset += Math.ceil(size / blockSize) * blockSize;
  }
  throw new AiprodError('bad-input', 'archive has no end marker', { hint: 'Install the package again: npm ci' });
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, start: number, length: number, name: string): number {
  const digits = text(header, start, length).trim();
  if (!/^[0-7]+$/.test(digits)) throw new AiprodError('bad-input', `archive entry ${name} has a broken header`, { found: digits });
  return Number.parseInt(digits, 8);
}

/** What to unpack: `.tar.br` files are spread out, any other `.br` file becomes one executable named as given. */
export type PackedFile = { readonly archive: string } | { readonly file: string; readonly as: string };

/**
 * Unpacks brotli-packed files into `folder` once. The work is done in a folder aside that is renamed when complete, so that a
 * crash leaves nothing half-done and two processes at once both end with the same whole folder.
 *
 * @throws AiprodError `unwritable-output` when the cache cannot be written, `bad-input` when a packed file is damaged.
 */
export async function unpackOnce(folder: string, packed: readonly PackedFile[]): Promise<void> {
  if (await exists(folder)) return;
  const aside = `${folder}.${process.pid}.${randomUUID()}.partial`;
  try {
    await mkdir(aside, { recursive: true });
    for (const source of packed) {
      if ('archive' in source) {
        for (const entry of readTar(await readPacked(source.archive))) await writeEntry(aside, entry);
      } else {
        const content = await readPacked(source.file);
        await writeEntry(aside, { path: source.as, mode: 0o755, content });
      }
    }
    await rename(aside, folder);
  } catch (cause) {
    // What went wrong first is what the person must hear, not that nothing could be removed after it.
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    if (await exists(folder)) return;
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError(
      'unwritable-output',
      `cannot unpack into ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { hint: 'Set AIPROD_CACHE_DIR to a folder that can be written and has 300 MB free' },
      { cause },
    );
  }
}

async function readPacked(file: string): Promise<Uint8Array> {
  const packed = await readFile(file);
  try {
    return await decompressBrotli(packed);
  } catch (cause) {
    throw new AiprodError('bad-input', `${file} is damaged`, { hint: 'Install the package again: npm ci' }, { cause });
  }
}

async function writeEntry(folder: string, entry: ArchiveEntry): Promise<void> {
  const target = join(folder, entry.path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, entry.content);
  await chmod(target, entry.mode);
  // The rename must not become durable before the bytes: a power cut would leave a complete-looking folder of empty files.
  const handle = await open(target, 'r');
  await handle.sync();
  await handle.close();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
