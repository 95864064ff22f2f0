import fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { joinedBytes } from '../../numeric/joined';
import { memorySource } from '../../weights';
import { openProject } from '../node';
import { writeProject } from '../project-file';
import { mediaOf, projectOf } from '../testing';
import { mediaPath, openProjectArchive, writeProjectArchive, zipBlob } from './project-archive';
import { readZip, readZipEntry } from './zip-reader';
import { writeZip, type ZipInput } from './zip-writer';

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return joinedBytes(all);
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

const zipped = (files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array<ArrayBuffer>> =>
  collect(writeZip(Object.entries(files).map(([path, bytes]): ZipInput => ({ path, ...zipBlob(new Blob([bytes.slice()])) }))));

async function unzipped(bytes: Uint8Array): Promise<Record<string, Uint8Array>> {
  const source = memorySource(bytes, 'test.zip');
  const found: Record<string, Uint8Array> = {};
  for (const entry of await readZip(source)) found[entry.path] = await collect(readZipEntry(source, entry));
  return found;
}

const name = fc.stringMatching(/^[a-zäß水0-9_-]{1,12}$/);
const files = fc.dictionary(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  fc.uint8Array({ maxLength: 3000 }),
  {
    maxKeys: 6,
  },
);

describe('archives', () => {
  it('are read by another program as they were written, and read what it wrote, packed or not', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(0 as const, 6 as const), async (content, level) => {
        const ours = await zipped(content);
        expect({ ...unzipSync(ours) }).toEqual({ ...content });
        expect(await unzipped(ours)).toEqual({ ...content });
        expect(await unzipped(zipSync(content, { level }))).toEqual({ ...content });
      }),
      { numRuns: 40 },
    );
  });

  it('are the same bytes for the same files, and hold more files than 16 bits count', async () => {
    const content = { 'a.txt': Uint8Array.of(1, 2, 3) };
    expect(await zipped(content)).toEqual(await zipped(content));
    const empty: Omit<ZipInput, 'path'> = { size: 0, bytes: () => nothing() };
    const many = await collect(writeZip(Array.from({ length: 66_000 }, (_, k) => ({ ...empty, path: `f${k}` }))));
    expect(await readZip(memorySource(many))).toHaveLength(66_000);
  });

  it('that lie are refused, whatever byte was changed, and nothing else is thrown', async () => {
    const archive = await zipped({ 'project.json': new TextEncoder().encode('{"a":1}'), 'media/b': new Uint8Array(500).fill(7) });
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(archive.length), async (at, change, cut) => {
        const changed = archive.slice(0, cut < archive.length / 4 ? cut * 4 : archive.length);
        if (at < changed.length) changed[at] ^= change;
        try {
          const found = await unzipped(changed);
          for (const [path, bytes] of Object.entries(found)) {
            expect(bytes.length, path).toBeLessThanOrEqual(500);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'AiprodError', code: 'bad-input' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([['../evil'], ['/etc/passwd'], ['C:/x'], ['a\\b'], ['a//b'], ['a/./b']])('refuse the path %s', async (path) => {
    await expect(unzipped(zipSync({ [path]: new Uint8Array(1) }))).rejects.toThrow(/relative paths/);
  });

  it('refuse sizes that lie: a packed file that unpacks to more, files that share bytes', async () => {
    const packed = zipSync({ big: new Uint8Array(100_000) }, { level: 9 });
    const view = new DataView(packed.buffer, packed.byteOffset);
    const central = view.getUint32(packed.length - 6, true);
    view.setUint32(central + 24, 10, true);
    await expect(unzipped(packed)).rejects.toThrow(/10 bytes of big.*more/);
    const two = await zipped({ a: new Uint8Array(50), a2: new Uint8Array(50) });
    const both = new DataView(two.buffer);
    const directory = both.getUint32(two.length - 6, true);
    const second = directory + 46 + 1;
    both.setUint32(second + 42, both.getUint32(directory + 42, true), true);
    await expect(unzipped(two)).rejects.toThrow(/in its place|inside another/);
  });
});

describe('a project with its media', () => {
  const content = { m1: 'the first file', m2: 'the second file' };

  async function archived(given: readonly (keyof typeof content)[]) {
    const media = [await mediaOf('m1', 'a walk.MP4', content.m1), await mediaOf('m2', 'b', content.m2)];
    const project = projectOf(media);
    const blob = (id: string): Blob => new Blob([id === 'm1' ? content.m1 : content.m2]);
    const bytes = await collect(
      writeProjectArchive(project, async ({ fingerprint }) => {
        const item = media.find((known) => known.fingerprint === fingerprint);
        return given.some((known) => known === item?.id) ? zipBlob(blob(item?.id ?? '')) : undefined;
      }),
    );
    return { project, media, bytes };
  }

  it('goes through an archive, from which missing files are named and the rest is used', async () => {
    const { project, media, bytes } = await archived(['m1']);
    const opened = await openProjectArchive(memorySource(bytes));
    expect(opened.project.sequence).toEqual(project.sequence);
    expect(opened.project.media.map(({ path }) => path)).toEqual([mediaPath(media[0]), undefined]);
    expect(mediaPath(media[0])).toMatch(/^media\/sha256-[0-9a-f]{64}\.mp4$/);
    const first = opened.media(media[0]);
    expect(new TextDecoder().decode(await collect(first?.bytes() ?? writeZip([])))).toBe(content.m1);
    expect(opened.media(media[1])).toBeUndefined();
  });

  it('is opened on disk as archive, unpacked folder and file alike', async () => {
    const { project, media, bytes } = await archived(['m1', 'm2']);
    const folder = await mkdtemp(join(tmpdir(), 'aiprod-archive-'));
    try {
      await writeFile(join(folder, 'walk.aiprod'), bytes);
      const unpacked = join(folder, 'walk');
      await mkdir(join(unpacked, 'media'), { recursive: true });
      for (const [path, data] of Object.entries(unzipSync(bytes))) await writeFile(join(unpacked, path), data);
      await writeFile(join(unpacked, mediaPath(media[1])), 'something else');
      for (const path of [join(folder, 'walk.aiprod'), unpacked, join(unpacked, 'project.json')]) {
        const opened = await openProject(path);
        expect(opened.project.sequence).toEqual(project.sequence);
        const first = await opened.media(opened.project.media[0]);
        expect('path' in first && first.path).toMatch(/\.mp4$/);
        const second = await opened.media(opened.project.media[1]);
        expect(second).toEqual(
          path.endsWith('.aiprod') ? { path: expect.stringContaining('sha256-') as unknown } : { missing: 'different' },
        );
        await opened.close();
      }
      await rm(join(unpacked, mediaPath(media[0])));
      const opened = await openProject(unpacked);
      expect(await opened.media(opened.project.media[0])).toEqual({ missing: 'absent' });
      await writeFile(join(folder, 'text.aiprod'), 'no archive');
      await expect(openProject(join(folder, 'text.aiprod'))).rejects.toThrow(/not a project/);
      await expect(openProject(join(folder, 'none'))).rejects.toThrow(/no such project/);
      await writeFile(join(folder, 'other.zip'), zipSync({ 'notes.txt': new Uint8Array(2) }));
      await expect(openProject(join(folder, 'other.zip'))).rejects.toThrow(/holds no project/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('whose text was changed inside an archive is refused as a project is', async () => {
    const text = writeProject(projectOf([])).replace('"name": "A walk"', '"name": 3');
    await expect(openProjectArchive(memorySource(await zipped({ 'project.json': new TextEncoder().encode(text) })))).rejects.toThrow(
      /project\.json: the project is not valid at name/,
    );
  });
});
