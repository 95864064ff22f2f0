import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { folderStore } from './node';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const outputs = { latents: { shape: [2], data: Float32Array.of(1, 2) }, report: { steps: 3 } };

test('a folder keeps outputs and checkpoints over stores, and leaves no other file', async () => {
  const path = join(folder, 'nodes');
  const store = folderStore(path);
  expect(await store.has('a')).toBe(false);
  expect(await store.load('a')).toBeUndefined();
  expect(await store.loadCheckpoint('a')).toBeUndefined();
  await store.saveCheckpoint('a', Uint8Array.of(7));
  await store.save('a', outputs);
  expect(readdirSync(path).sort()).toEqual(['a.checkpoint', 'a.safetensors']);
  const again = folderStore(path);
  expect(await again.has('a')).toBe(true);
  expect(await again.load('a')).toEqual(outputs);
  expect(await again.loadCheckpoint('a')).toEqual(Uint8Array.of(7));
  await again.removeCheckpoint('a');
  await again.remove('a');
  expect(readdirSync(path)).toEqual([]);
});

test('a file that was cut off is told apart from one that is not there', async () => {
  const store = folderStore(folder);
  await store.save('a', outputs);
  const path = join(folder, 'a.safetensors');
  writeFileSync(path, readFileSync(path).subarray(0, -3));
  await expect(store.load('a')).rejects.toThrow(AiprodError);
});
