import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { bytesOf, writeSafetensors } from '../weights';
import { BatchStream, batchStreamStateSchema, openPrecomputedSet, type SampleSet, type TrainingBatch } from '.';
import { planEpoch } from './epoch-order';
import { openLocalSource } from './node';

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

async function folderOf(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-data-'));
  folders.push(folder);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

function tensors(values: Readonly<Record<string, { shape: number[]; fill: number }>>, metadata: Record<string, string> = {}): Uint8Array {
  const entries = Object.entries(values).map(([name, { shape, fill }]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b)).fill(fill);
    return [name, { dtype: 'F32' as const, shape, bytes: bytesOf(data) }] as const;
  });
  return writeSafetensors(new Map(entries), metadata);
}

/** A set in memory: `size` samples in three buckets; those of `damaged` cannot be read. */
function memorySet(size: number, damaged: readonly string[] = [], delay = 0): SampleSet & { reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    size,
    idOf: (index) => `s${index}`,
    bucketOf: (index) => `b${index % 3}`,
    async read(index) {
      reads.push(`s${index}`);
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      if (damaged.includes(`s${index}`)) throw new AiprodError('bad-weights', 'torn');
      return { id: `s${index}`, tensors: new Map() };
    },
  };
}

async function take(stream: BatchStream, count: number): Promise<TrainingBatch[]> {
  const batches: TrainingBatch[] = [];
  for (let k = 0; k < count; k++) batches.push(await stream.next());
  return batches;
}

const idsOf = (batches: readonly TrainingBatch[]): string[] =>
  batches.map(({ samples, epoch }) => `${epoch}: ${samples.map(({ id }) => id).join(' ')}`);

test('an epoch holds every sample, in full batches of one bucket, in an order of seed and epoch alone', () => {
  const set = memorySet(20);
  const plan = planEpoch(set, 3, 7, 0).map(({ indices }) => indices);
  // 7, 7 and 6 samples a bucket: 3 + 3 + 2 batches.
  expect(plan).toHaveLength(8);
  expect([...new Set(plan.flat())].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, k) => k));
  for (const indices of plan) expect(new Set(indices.map((index) => set.bucketOf(index))).size).toBe(1);
  expect(planEpoch(set, 3, 7, 0).map(({ indices }) => indices)).toEqual(plan);
  expect(planEpoch(set, 3, 7, 1).map(({ indices }) => indices)).not.toEqual(plan);
  expect(planEpoch(set, 3, 8, 0).map(({ indices }) => indices)).not.toEqual(plan);
});

test('a stream goes on from its saved state with the batches it would have given, damage and read-ahead notwithstanding', async () => {
  const damaged = ['s4', 's11', 's5'];
  const whole = BatchStream.open(memorySet(20, damaged), { batchSize: 3, seed: 7, prefetch: 2 });
  const expected = idsOf(await take(whole, 20));
  expect(expected.join()).not.toMatch(/s(4|5|11)\b/);
  expect(
    whole
      .skipped()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['s11', 's4', 's5']);
  expect(whole.skipped()[0].reason).toContain('torn');
  for (const cut of [0, 1, 7, 8, 13]) {
    const first = BatchStream.open(memorySet(20, damaged), { batchSize: 3, seed: 7, prefetch: 5 });
    const before = idsOf(await take(first, cut));
    const state = batchStreamStateSchema.parse(JSON.parse(JSON.stringify(first.state())));
    first.close();
    const second = BatchStream.open(memorySet(20, damaged), { batchSize: 3, seed: 7, prefetch: 0, state });
    expect([...before, ...idsOf(await take(second, 20 - cut))]).toEqual(expected);
  }
  expect(() => BatchStream.open(memorySet(21), { batchSize: 3, seed: 7, prefetch: 0, state: whole.state() })).toThrow(/has changed/);
  expect(() => BatchStream.open(memorySet(20), { batchSize: 2, seed: 7, prefetch: 0, state: whole.state() })).toThrow(/same order/);
});

test('batches are read before they are asked for, and waits are told', async () => {
  const set = memorySet(30, [], 5);
  const stream = BatchStream.open(set, { batchSize: 2, seed: 1, prefetch: 3 });
  expect(set.reads).toHaveLength(6);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await take(stream, 3);
  expect(stream.waits()).toMatchObject({ batches: 3, ready: 3 });
  const onDemand = BatchStream.open(memorySet(30, [], 5), { batchSize: 2, seed: 1, prefetch: 0 });
  await take(onDemand, 2);
  expect(onDemand.waits().ready).toBe(0);
  expect(onDemand.waits().median).toBeGreaterThan(0);
  stream.close();
  await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled' });
});

test('a failure of the place is no damage: it comes through, and the same batch can be asked for again', async () => {
  const set = memorySet(9);
  const read = set.read.bind(set);
  let fails = true;
  const stream = BatchStream.open(
    { ...set, read: (index, signal) => (fails ? Promise.reject(new AiprodError('bad-input', 'no network')) : read(index, signal)) },
    { batchSize: 2, seed: 3, prefetch: 2 },
  );
  await expect(stream.next()).rejects.toThrow(/no network/);
  fails = false;
  expect(idsOf([await stream.next()])).toEqual(idsOf(await take(BatchStream.open(set, { batchSize: 2, seed: 3, prefetch: 0 }), 1)));
  expect(stream.skipped()).toEqual([]);
  const hopeless = BatchStream.open(memorySet(3, ['s0', 's1', 's2']), { batchSize: 2, seed: 3, prefetch: 1 });
  await expect(hopeless.next()).rejects.toThrow(/every sample .* torn/);
});

test('a precomputed folder is a set: shapes are buckets, damage is named, tensors have the names of the trainer', async () => {
  const latents = (frames: number, fill: number): Uint8Array => tensors({ latents: { shape: [4, frames, 2, 3], fill } }, { fps: '24' });
  const condition = tensors(
    { video_prompt_embeds: { shape: [5, 8], fill: 2 }, prompt_attention_mask: { shape: [5], fill: 1 } },
    { caption: 'a red square' },
  );
  const folder = await folderOf({
    'latents/a.safetensors': latents(2, 1),
    'latents/deep/b.safetensors': latents(3, 1),
    'latents/cut.safetensors': latents(2, 1).slice(0, 60),
    'latents/alone.safetensors': latents(2, 1),
    'latents/nan.safetensors': latents(2, Number.NaN),
    'conditions/a.safetensors': condition,
    'conditions/deep/b.safetensors': condition,
    'conditions/cut.safetensors': condition,
    'conditions/nan.safetensors': condition,
  });
  const set = await openPrecomputedSet(await openLocalSource(folder));
  expect(Array.from({ length: set.size }, (_, k) => `${set.idOf(k)}: ${set.bucketOf(k)}`)).toEqual([
    'a: latents 4x2x2x3',
    'deep/b: latents 4x3x2x3',
    'nan: latents 4x2x2x3',
  ]);
  expect(set.rejected?.map(({ id }) => id)).toEqual(['alone', 'cut']);
  expect(set.rejected?.[0].reason).toContain('conditions/alone.safetensors');
  const sample = await set.read(0);
  expect(sample).toMatchObject({ id: 'a', caption: 'a red square', fps: 24 });
  expect([...sample.tensors].map(([name, { shape }]) => `${name} ${shape.join()}`).sort()).toEqual([
    'latents 4,2,2,3',
    'prompt_embeds 5,8',
    'prompt_mask 5',
  ]);
  const stream = BatchStream.open(set, { batchSize: 1, seed: 0, prefetch: 1 });
  await take(stream, 6);
  expect(stream.skipped().map(({ id }) => id)).toEqual(['alone', 'cut', 'nan']);
  await expect(openPrecomputedSet(await openLocalSource(join(folder, 'latents')))).rejects.toThrow(/not a precomputed data set/);
});
