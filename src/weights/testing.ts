import type { ModelFiles } from './store';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AiprodError } from '../errors';
import { memorySource, type ByteSource } from './byte-source';

/** Path of a file under fixtures/golden. Tests only. */
export function goldenPath(file: string): string {
  return fileURLToPath(new URL(`../../fixtures/golden/${file}`, import.meta.url));
}

/** Bytes of a file under fixtures/golden as a source. */
export async function goldenSource(file: string): Promise<ByteSource> {
  return memorySource(new Uint8Array(await readFile(goldenPath(file))), file);
}

/** Official names of Wan 2.1 beside those of diffusers, of models with two blocks at least. */
const wanNames = z
  .record(z.string(), z.record(z.string(), z.string()))
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/names/wan.json', import.meta.url), 'utf8')));

/** The official name of a tensor that diffusers calls `name`. */
export function officialWanName(part: 'transformer_t2v' | 'transformer_i2v', name: string): string {
  const block = /^blocks\.(\d+)\./.exec(name)?.[1];
  const first = name.replace(/^blocks\.\d+\./, 'blocks.0.');
  const found = Object.entries(wanNames[part]).find(([, diffusers]) => diffusers === first)?.[0];
  if (found === undefined) throw new Error(`no official name for ${name}`);
  return block === undefined ? found : found.replace('blocks.0.', `blocks.${block}.`);
}

/** A safetensors file with any text as its header, right or wrong. */
export function rawSafetensors(header: string | object, dataLength: number, claimedLength?: bigint): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, claimedLength ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** Counts what a reader asks of a source, and fails on any read outside the file. */
export function watchedSource(bytes: Uint8Array): ByteSource & { readonly asked: { bytes: number; largest: number } } {
  const inner = memorySource(bytes, 'mutated.safetensors');
  const asked = { bytes: 0, largest: 0 };
  return {
    ...inner,
    asked,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
        throw new RangeError(`read of ${length} at ${offset} leaves the file`);
      asked.bytes += length;
      asked.largest = Math.max(asked.largest, length);
      return inner.read(offset, length);
    },
  };
}

/** The typed error that a promise is refused with. */
export async function refusalOf(promise: Promise<unknown>): Promise<AiprodError> {
  const error: unknown = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof AiprodError)) throw new Error(`expected an AiprodError, got ${String(error)}`);
  return error;
}

/** What a host keeps in memory; full at so many bytes. */
export function memoryModelFiles(most = Infinity): { files: ModelFiles; kept: Map<string, Blob> } {
  const kept = new Map<string, Blob>();
  const put = (path: string, blob: Blob): void => {
    const others = Array.from(kept, ([name, { size }]) => (name === path ? 0 : size)).reduce((sum, size) => sum + size, 0);
    if (others + blob.size > most) throw new DOMException('no room', 'QuotaExceededError');
    kept.set(path, blob);
  };
  const files: ModelFiles = {
    list: async () => [...kept.keys()],
    read: async (path) => kept.get(path),
    write: async (path, blob) => put(path, blob),
    append: async (path, bytes) => put(path, new Blob([kept.get(path) ?? '', bytes])),
    truncate: async (path, bytes) => put(path, (kept.get(path) ?? new Blob()).slice(0, bytes)),
    async remove(path) {
      for (const name of kept.keys()) if (name === path || name.startsWith(`${path}/`)) kept.delete(name);
    },
    freeBytes: async () => undefined,
  };
  return { files, kept };
}
