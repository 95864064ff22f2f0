import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bytesOf, memorySource, writeSafetensors } from '../../weights';
import { BatchStream, openPrecomputedSet, type DataSource } from '..';
import { cachedSource } from './zstd-cache';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-cache-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Samples of a precomputed set in memory; counts what is fetched of it. */
function remote(samples: number): DataSource & { opened: string[]; files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  const tensor = (name: string, fill: number, shape: number[]): Uint8Array =>
    writeSafetensors(
      new Map([[name, { dtype: 'F32', shape, bytes: bytesOf(new Float32Array(shape.reduce((a, b) => a * b)).fill(fill)) }]]),
    );
  for (let k = 0; k < samples; k++) {
    files.set(`conditions/${k}.safetensors`, tensor('prompt_embeds', k, [4, 8]));
    files.set(`latents/${k}.safetensors`, tensor('latents', k, [4, 2, 8, 8]));
  }
  const opened: string[] = [];
  const info = (path: string) => ({ path, size: files.get(path)?.length ?? 0, version: `v${files.get(path)?.length ?? 0}` });
  return {
    opened,
    files,
    name: 'remote',
    list: async (start) => [...files.keys()].filter((path) => path.startsWith(start)).map(info),
    stat: async (path) => (files.has(path) ? info(path) : undefined),
    async open(path) {
      opened.push(path);
      return memorySource(files.get(path) ?? new Uint8Array(), path);
    },
  };
}

test('the second epoch of a set that fits reads nothing from afar, nor does the next process', async () => {
  const source = remote(40);
  const cached = await cachedSource(source, { folder, budget: 1e6 });
  const set = await openPrecomputedSet(cached);
  const stream = BatchStream.open(set, { batchSize: 4, seed: 1, prefetch: 2 });
  for (let k = 0; k < 10; k++) await stream.next();
  const before = cached.figures();
  for (let k = 0; k < 10; k++) await stream.next();
  const after = cached.figures();
  const [hits, misses] = [after.hits - before.hits, after.misses - before.misses];
  expect(hits / (hits + misses)).toBeGreaterThanOrEqual(0.9);
  expect(source.opened).toHaveLength(80);
  expect(after.bytes).toBeLessThan([...source.files.values()].reduce((sum, { length }) => sum + length, 0));
  stream.close();
  const again = await cachedSource(source, { folder, budget: 1e6 });
  expect((await (await openPrecomputedSet(again)).read(7)).tensors.get('latents')?.data[0]).toBeTypeOf('number');
  expect(again.figures()).toMatchObject({ misses: 0, hitRate: 1 });
});

test('the budget holds, what was used longest ago goes first, and a changed file is fetched anew', async () => {
  const source = remote(3);
  const one = await cachedSource(source, { folder, budget: 1e6 });
  const paths = [0, 1, 2].map((k) => `latents/${k}.safetensors`);
  await one.open(paths[0]);
  const size = one.figures().bytes;
  await rm(folder, { recursive: true });
  const cached = await cachedSource(source, { folder, budget: 2.5 * size });
  await cached.open(paths[0]);
  await cached.open(paths[1]);
  await cached.open(paths[0]);
  await cached.open(paths[2]);
  expect(cached.figures().bytes).toBeLessThanOrEqual(2.5 * size);
  source.opened.length = 0;
  for (const path of [paths[0], paths[2], paths[1]]) await cached.open(path);
  expect(source.opened).toEqual([paths[1]]);
  source.files.set(paths[2], new Uint8Array(100));
  expect((await cached.open(paths[2])).size).toBe(100);
  const small = await cachedSource(source, { folder: join(folder, 'small'), budget: 10 });
  await small.open(paths[0]);
  expect(await readdir(join(folder, 'small'))).toEqual([]);
});

test('damaged entries are noticed and fetched again; readers of one file at once fetch it once', async () => {
  const source = remote(1);
  const cached = await cachedSource(source, { folder, budget: 1e6 });
  const path = 'latents/0.safetensors';
  const opened = await Promise.all([cached.open(path), cached.open(path)]);
  expect(source.opened).toHaveLength(1);
  const wanted = await opened[1].read(0, opened[1].size);
  const [name] = await readdir(folder);
  const whole = await readFile(join(folder, name));
  for (const damage of [whole.subarray(0, 80), Buffer.from(whole.map((byte, k) => (k === 3 ? byte ^ 1 : byte))), Buffer.alloc(0)]) {
    await writeFile(join(folder, name), damage);
    const file = await cached.open(path);
    expect(await file.read(0, file.size)).toEqual(wanted);
  }
  expect(cached.figures()).toMatchObject({ damaged: 3 });
  expect(source.opened).toHaveLength(4);
});
