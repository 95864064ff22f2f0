import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { cacheDirectory, findLavapipe } from './software-adapter';
import { readTar, unpackOnce } from './software-adapter-archive';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A ustar archive of one file, made by the layout of POSIX 1003.1. */
function tarOf(name: string, content: string, { mode = '0000755', kind = '0' } = {}): Uint8Array {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(mode, 100);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write(kind, 156);
  header.write('ustar', 257);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

describe('readTar', () => {
  it('reads files with their mode', () => {
    const [entry, ...others] = readTar(tarOf('lib/libnss3.so', 'x'.repeat(700)));
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ path: 'lib/libnss3.so', mode: 0o755 });
    expect(Buffer.from(entry?.content ?? []).toString()).toBe('x'.repeat(700));
  });

  it('refuses paths that leave the folder, links and truncated archives', () => {
    expect(() => readTar(tarOf('../evil', 'x'))).toThrow('leaves its folder');
    expect(() => readTar(tarOf('/etc/passwd', 'x'))).toThrow('leaves its folder');
    expect(() => readTar(tarOf('link', '', { kind: '2' }))).toThrow('kind "2"');
    expect(() => readTar(tarOf('a', 'x'.repeat(700)).subarray(0, 1000))).toThrow('ends inside a');
  });

  it('meets damage with a typed error or with files, never otherwise', () => {
    const whole = tarOf('lib/a.so', 'content');
    const damage = fc.array(fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (changes, length) => {
        const archive = Uint8Array.from(whole).subarray(0, length);
        for (const { at, value } of changes) if (at < length) archive[at] = value;
        try {
          for (const { path } of readTar(archive)) expect(path.startsWith('..') || path.startsWith('/')).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(AiprodError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('unpackOnce', () => {
  it('unpacks archives and single files, whole, by several at once', async () => {
    const archive = join(folder, 'a.tar.br');
    const file = join(folder, 'tool.br');
    await writeFile(archive, brotliCompressSync(tarOf('lib/a.so', 'library')));
    await writeFile(file, brotliCompressSync(Buffer.from('#!/bin/sh')));
    const target = join(folder, 'cache', 'unpacked');
    await Promise.all(Array.from({ length: 8 }, () => unpackOnce(target, [{ archive }, { file, as: 'tool' }])));
    expect(await readFile(join(target, 'lib', 'a.so'), 'utf8')).toBe('library');
    expect((await stat(join(target, 'tool'))).mode & 0o111).not.toBe(0);
    expect(await readdir(join(folder, 'cache'))).toEqual(['unpacked']);
  });

  it('leaves nothing behind when an archive is damaged', async () => {
    const archive = join(folder, 'a.tar.br');
    await writeFile(archive, brotliCompressSync(tarOf('a', 'content').subarray(0, 600)));
    await expect(unpackOnce(join(folder, 'cache', 'unpacked'), [{ archive }])).rejects.toBeInstanceOf(AiprodError);
    await writeFile(archive, 'not brotli');
    await expect(unpackOnce(join(folder, 'cache', 'unpacked'), [{ archive }])).rejects.toMatchObject({ code: 'bad-input' });
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('says which folder cannot be written and what to set', async () => {
    await writeFile(join(folder, 'file'), '');
    const failure = await unpackOnce(join(folder, 'file', 'cache'), []).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unwritable-output' });
    expect(String(failure)).toContain('AIPROD_CACHE_DIR');
  });
});

describe('cacheDirectory', () => {
  it('follows AIPROD_CACHE_DIR, then the platform', () => {
    expect(cacheDirectory({ AIPROD_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' }, 'linux')).toBe('/a');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/b' }, 'linux')).toBe(join('/b', 'aiprod'));
    expect(cacheDirectory({}, 'darwin')).toMatch(/Library.Caches.aiprod$/);
    expect(cacheDirectory({ LOCALAPPDATA: 'C:\\local' }, 'win32')).toContain('aiprod');
    expect(cacheDirectory({}, 'linux')).toMatch(/\.cache.aiprod$/);
  });
});

describe('findLavapipe', () => {
  it('finds the manifests of all distributions and no other driver', async () => {
    const drivers = join(folder, 'icd.d');
    await mkdir(drivers);
    for (const name of ['lvp_icd.x86_64.json', 'radeon_icd.json', 'lvp_icd.json.bak']) await writeFile(join(drivers, name), '{}');
    expect(findLavapipe([drivers, join(folder, 'missing')])).toEqual([join(drivers, 'lvp_icd.x86_64.json')]);
  });
});
