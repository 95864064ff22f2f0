import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AiprodError } from '../errors';
import {
  LTX2_PIPELINES,
  openCheckpoint,
  openLora,
  openLtx2Model,
  openLtxModel,
  type OpenLora,
  type PartLocation,
  type VideoModel,
} from '../pipelines';
import { hasModelIndex, ModelStore, openModelFolder } from '../weights';
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

/** A path as a place in the folder that holds it: the folder itself, or one of its files. */
async function locationOf(path: string): Promise<PartLocation> {
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  return isFile ? { tree: await openNodeFolder(dirname(path)), path: basename(path) } : { tree: await openNodeFolder(path), path: '' };
}

/**
 * Opens a model by name or path: a folder in diffusers layout, or a checkpoint.
 *
 * @param parts paths of what a checkpoint lacks
 */
export async function openModel(name: string, parts: { readonly textEncoder?: string; readonly vae?: string } = {}): Promise<VideoModel> {
  const checkpoint = await locationOf(await locateModel(name));
  if (checkpoint.path !== '' || !(await hasModelIndex(checkpoint.tree))) {
    return openCheckpoint(
      {
        checkpoint,
        ...(parts.textEncoder === undefined ? {} : { textEncoder: await locationOf(parts.textEncoder) }),
        ...(parts.vae === undefined ? {} : { vae: await locationOf(parts.vae) }),
      },
      name,
    );
  }
  if (parts.textEncoder !== undefined || parts.vae !== undefined) {
    throw new AiprodError('bad-usage', 'the model has a text encoder and a VAE of its own', {
      where: name,
      expected: 'a checkpoint, for --text-encoder and --vae',
      found: 'a folder in diffusers layout',
    });
  }
  const { pipelineClass } = await openModelFolder(checkpoint.tree);
  return LTX2_PIPELINES.test(pipelineClass) ? openLtx2Model(checkpoint.tree, name) : openLtxModel(checkpoint.tree, name);
}

/** Opens the LoRAs of a job for a model; close them when it is done. */
export async function openLoras(
  loras: readonly { readonly path: string; readonly scale: number }[],
  model: VideoModel,
): Promise<{ readonly opened: OpenLora; readonly scale: number }[]> {
  const found: { readonly opened: OpenLora; readonly scale: number }[] = [];
  try {
    for (const { path, scale } of loras) found.push({ opened: await openLora(await locationOf(path), model, path), scale });
    return found;
  } catch (error) {
    for (const { opened } of found) await opened.close();
    throw error;
  }
}
