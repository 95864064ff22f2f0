import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openVideoModel } from '../src/pipelines';
import { EMBEDDED_MODEL_FILES } from '../src/weights';
import { createModelLibrary } from './model-library';
import { checkedSetup, type OfferedModel } from './models-setup';

/** The built-in model as files that a host holds. */
async function embeddedFiles(): Promise<ReadonlyMap<string, Blob>> {
  const folder = resolve(import.meta.dirname, '../public/models/embedded');
  return new Map(
    await Promise.all(EMBEDDED_MODEL_FILES.map(async (path) => [path, new Blob([await readFile(resolve(folder, path))])] as const)),
  );
}

const libraryOf = (offered: readonly OfferedModel[]) =>
  createModelLibrary({
    modelsAddress: () => 'https://page.example/models/',
    offered: () => offered,
    openStore: () => Promise.reject(new DOMException('nothing is kept here', 'SecurityError')),
    onClosed: async () => undefined,
  });

describe('models that a host offers', () => {
  it('are listed beside the built-in one, and opened from what it gave', async () => {
    const files = await embeddedFiles();
    const library = libraryOf([
      { name: 'blobs', from: files, licence: 'Apache-2.0' },
      { name: 'file', from: 'https://models.example/a/clips.safetensors?key=1' },
    ]);
    const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
    expect(await library.listModels()).toEqual([
      { name: 'embedded', origin: 'embedded', state: 'whole', licence: 'Apache-2.0' },
      { name: 'blobs', origin: 'host', state: 'whole', bytes, licence: 'Apache-2.0' },
      { name: 'file', origin: 'host', state: 'whole', from: 'https://models.example/a/clips.safetensors?key=1' },
    ]);
    const model = await openVideoModel({ checkpoint: await library.locate('blobs') }, 'blobs');
    expect(model).toMatchObject({ name: 'blobs', family: 'ltx-video' });
    await model.close();
    expect(await library.locate('file')).toMatchObject({ path: 'clips.safetensors' });
    await expect(library.locate('other')).rejects.toThrow('expected embedded, blobs, file');
  });

  it('are refused with the place of what is wrong', () => {
    const from = 'https://models.example/a/';
    expect(checkedSetup({ offered: [{ name: 'a', from }], hub: 'https://hub.example' })).toBeDefined();
    expect(() => checkedSetup({ offered: [{ name: 'Two words', from }] })).toThrow('offered.0.name');
    expect(() => checkedSetup({ offered: [{ name: 'embedded', from }] })).toThrow('not taken by the program');
    expect(() => checkedSetup({ offered: [{ name: 'a', from: new Map() }] })).toThrow('offered.0.from');
    expect(() =>
      checkedSetup({
        offered: [
          { name: 'a', from },
          { name: 'a', from },
        ],
      }),
    ).toThrow('names that differ');
    expect(() => checkedSetup({ hub: 'ftp://hub.example' })).toThrow('hub');
  });
});
