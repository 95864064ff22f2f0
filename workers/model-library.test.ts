import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openVideoModel } from '../src/pipelines';
import { EMBEDDED_MODEL_FILES, hostStoreFiles, ModelStore } from '../src/weights';
import { memoryModelFiles } from '../src/weights/testing';
import { createModelLibrary } from './model-library';
import { checkedSetup, type OfferedModel } from './models-setup';

/** The built-in model as files that a host holds. */
async function embeddedFiles(): Promise<ReadonlyMap<string, File>> {
  const folder = resolve(import.meta.dirname, '../public/models/embedded');
  return new Map(
    await Promise.all(EMBEDDED_MODEL_FILES.map(async (path) => [path, new File([await readFile(resolve(folder, path))], path)] as const)),
  );
}

const noStore = (): Promise<ModelStore> => Promise.reject(new DOMException('nothing is kept here', 'SecurityError'));

const libraryOf = (offered: readonly OfferedModel[], openStore = noStore) =>
  createModelLibrary({
    modelsAddress: () => 'https://page.example/models/',
    offered: () => offered,
    openStore,
    onClosed: async () => undefined,
  });

describe('a folder of the person', () => {
  const note = 'aiprod-model.json';
  const path = 'text_encoder/model.safetensors';
  const progress = () => undefined;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  it('is verified by its structure where no hashes are known, and by hashes where a note has them', async () => {
    const files = new Map(await embeddedFiles());
    const library = libraryOf([], async () => new ModelStore(hostStoreFiles(memoryModelFiles().files)));
    const open = async (): Promise<string> => (await library.openFolder({ kind: 'files', name: 'mine', files }))[0].name;
    expect(await library.verifyModel(await open(), progress)).toMatchObject({
      by: 'structure',
      files: [{ path, damaged: [] }, { damaged: [] }, { damaged: [] }],
    });
    const whole = new Uint8Array((await files.get(path)?.arrayBuffer()) ?? new ArrayBuffer(0));
    files.set(path, new File([whole.slice(0, -1)], path));
    const cut = await library.verifyModel(await open(), progress);
    expect(cut.files.map(({ damaged }) => damaged)).toEqual([[0], [], []]);
    expect(cut.files[0].problem).toContain(path);

    const known = {
      path,
      bytes: whole.length,
      sha256: sha256(whole),
      chunks: [sha256(whole)],
    };
    const manifest = { manifest: 1, name: 'mine', origin: { kind: 'path', location: '/mine' }, stored: true, files: [known] };
    files.set(note, new File([JSON.stringify(manifest)], note));
    expect(await library.verifyModel(await open(), progress)).toMatchObject({ by: 'hashes', files: [{ path, damaged: [0] }] });
    files.set(path, new File([whole], path));
    expect(await library.verifyModel(await open(), progress)).toMatchObject({ by: 'hashes', files: [{ path, damaged: [] }] });
  });
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
