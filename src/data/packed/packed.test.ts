import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { memorySource } from '../../weights';
import { openClip, openDataset, type Dataset } from '../node';
import { readTarIndex } from './tar-index';

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url));
const media = fileURLToPath(new URL('../../media/fixtures/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'aiprod-packed-'));
const compressed = await mkdtemp(join(tmpdir(), 'aiprod-packed-'));
afterAll(() => Promise.all([folder, compressed].map((path) => rm(path, { recursive: true }))));

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const named = async (name: string): Promise<string> => hashOf(await readFile(join(media, name)));

/** Hashes of what the items' videos are, or what is said where there is none. */
async function contents({ source, set }: Dataset): Promise<string[]> {
  const hashes: string[] = [];
  for (const { video = '' } of set.items) {
    const info = await source.stat(video);
    if (info === undefined) {
      hashes.push('none');
      continue;
    }
    const file = await source.open(video);
    expect([file.size, source.diskPath?.(video)]).toEqual([info.size, undefined]);
    hashes.push(hashOf(await file.read(0, file.size)));
    await file.close?.();
  }
  return hashes;
}

test('tables of the datasets library and of pyarrow: bytes with and without paths, three compressions, with and without an index of pages', async () => {
  const dataset = await openDataset(join(fixtures, 'hub'));
  expect(dataset.set.rejected).toEqual([]);
  expect(dataset.set.items.map(({ id, caption }) => `${id}: ${caption}`)).toEqual([
    'train-00000/0000000: a test picture',
    'train-00000/0000001: bars',
    'train-00000/0000002: nothing',
    'train-00001/0000000: one',
    'train-00001/0000001: two',
    'train-00001/0000002: three',
    'validation-00000/0000000: a photograph',
  ]);
  const [av1, vp9, edited, photograph] = await Promise.all(['av1.mp4', 'vp9.webm', 'edit-list.mp4', 'baseline.jpg'].map(named));
  expect(await contents(dataset)).toEqual([av1, vp9, 'none', av1, edited, av1, photograph]);
  await expect(dataset.source.open('train-00000/0000002')).rejects.toThrow(/the row holds no file.*nothing in video/);
  const clip = await openClip(dataset.source, 'train-00000/0000001', new AbortController().signal);
  expect([clip.frameCount > 1, clip.description]).toEqual([true, expect.stringMatching(/vp09/)]);
  await clip.close();
  // One table alone; and versions that differ from row to row.
  const one = await openDataset(join(fixtures, 'hub/train-00001.parquet'));
  const versions = await Promise.all(one.set.items.map(async ({ video = '' }) => (await one.source.stat(video))?.version));
  expect(new Set(versions).size).toBe(3);
});

test('shards of webdataset, and what tar allows beside: long names, folders, links, notes', async () => {
  const dataset = await openDataset(join(fixtures, 'shards'));
  expect(dataset.set.rejected).toEqual([]);
  const long = `${new Array(5).fill('a long folder of many words').join('/')}/übung`;
  expect(dataset.set.items.map(({ id, video, caption }) => [id, video?.slice(id.length), caption])).toEqual([
    ['clips-000000/a', '.mp4', 'a test picture'],
    ['clips-000000/deep/b', '.webm', 'bars'],
    [`clips-000001/${long} clips-000001`, '.gif', 'ein Ball'],
    [`clips-000002/${long} clips-000002`, '.gif', 'ein Ball'],
  ]);
  const [av1, vp9, gif] = await Promise.all(['av1.mp4', 'vp9.webm', 'colors.gif'].map(named));
  expect(await contents(dataset)).toEqual([av1, vp9, gif, gif]);
});

test('damage: a shard that is cut off gives what comes before, a torn table is named, compressed shards are refused', async () => {
  const shard = await readFile(join(fixtures, 'shards/clips-000000.tar'));
  await writeFile(join(folder, 'a.tar'), shard.subarray(0, 6000));
  await writeFile(join(folder, 'b.tar'), shard.subarray(512));
  const { set } = await openDataset(folder);
  expect(set.items).toEqual([{ id: 'a/a', video: 'a/a.mp4', caption: 'a test picture' }]);
  expect(set.rejected.map(({ id, reason }) => `${id} ${reason}`)).toEqual([
    expect.stringMatching(/^a\.tar .*damaged.* of 6000.*; 3 files before/),
    expect.stringMatching(/^b\.tar .*damaged.*; 0 files before/),
  ]);
  await writeFile(join(folder, 'torn.parquet'), (await readFile(join(fixtures, 'hub/train-00000.parquet'))).subarray(0, 9000));
  await expect(openDataset(join(folder, 'torn.parquet'))).rejects.toThrow(
    /the tables hold no media.*torn\.parquet: the parquet file cannot be read/,
  );
  await writeFile(join(compressed, 'c.tar.gz'), shard);
  await expect(openDataset(compressed)).rejects.toThrow(/c\.tar\.gz.*compressed shards/);
});

test('whatever bytes a shard has, its index lists only what lies in it', async () => {
  const shard = new Uint8Array(await readFile(join(fixtures, 'shards/clips-000001.tar')));
  const change = fc.record({ at: fc.nat(shard.length - 1), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(shard.length), async (changes, length) => {
      const bytes = shard.slice(0, length);
      for (const { at, byte } of changes) if (at < length) bytes[at] = byte;
      const { entries } = await readTarIndex(memorySource(bytes));
      for (const { offset, size } of entries) expect(offset + size).toBeLessThanOrEqual(length);
    }),
    { numRuns: 200, seed: 3 },
  );
});
