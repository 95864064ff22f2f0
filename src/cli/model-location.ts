import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AiprodError } from '../errors';
import { openLtxModel, type LtxModel } from '../pipelines';
import { ModelStore } from '../weights';
import { modelsDirectory, nodeStoreFiles, openNodeFolder } from '../weights/node';

/** Folder of the package: the nearest one above this file that holds the embedded model. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'public', 'models'))) return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new AiprodError('internal', 'the package is not complete: public/models was not found');
    folder = parent;
  }
}

/** The store of this person: `AIPROD_MODELS`, or the system's place for data. */
export function modelStore(): ModelStore {
  return new ModelStore(nodeStoreFiles(modelsDirectory()));
}

/** Where the files of a model are: `embedded`, a name of the store, or a path to a folder or a weight file. */
export async function locateModel(name: string): Promise<string> {
  if (name === 'embedded') return join(packageRoot(), 'public', 'models', 'embedded');
  const manifest = await modelStore().find(name);
  if (manifest === undefined) return name;
  if (!manifest.stored) return manifest.origin.location;
  const folder = join(modelsDirectory(), name);
  // One weight file is a model by itself; more are a folder.
  return manifest.files.length === 1 ? join(folder, manifest.files[0].path) : folder;
}

/** Opens a model by name or path. */
export async function openModel(name: string): Promise<LtxModel> {
  return openLtxModel(await openNodeFolder(await locateModel(name)), name);
}
