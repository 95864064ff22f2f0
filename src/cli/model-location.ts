import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AiprodError } from '../errors';
import {
  findOnnxModel,
  openLora,
  openOnnxTextEncoder,
  openUpsampler,
  openVideoModel,
  type OnnxTextEncoder,
  type PartLocation,
  type ScaledLora,
  type UpsamplerModel,
  type VideoModel,
} from '../pipelines';
import { loadOnnxRuntime } from '../text/node';
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

/** A path as a place in the folder that holds it: the folder itself, or one of its files. */
async function locationOf(path: string): Promise<PartLocation> {
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  return isFile ? { tree: await openNodeFolder(dirname(path)), path: basename(path) } : { tree: await openNodeFolder(path), path: '' };
}

/** Paths of what a checkpoint lacks. */
export interface ModelPaths {
  readonly textEncoder?: string;
  readonly vae?: string;
  readonly imageEncoder?: string;
}

/** What a configuration's section `model` names beside the model. */
export function partPaths({ text_encoder: textEncoder, vae }: { readonly text_encoder?: string; readonly vae?: string }): ModelPaths {
  return { ...(textEncoder === undefined ? {} : { textEncoder }), ...(vae === undefined ? {} : { vae }) };
}

/**
 * Opens a model by name or path: a folder in diffusers layout, or a checkpoint.
 *
 * @param parts paths of what a checkpoint lacks; a text encoder in ONNX form may stand for that of a folder of LTX-Video or Wan too
 */
export async function openModel(name: string, parts: ModelPaths = {}): Promise<VideoModel> {
  return openVideoModel(
    {
      checkpoint: await locationOf(await locateModel(name)),
      ...(parts.textEncoder === undefined ? {} : { textEncoder: await openTextEncoderPart(parts.textEncoder) }),
      ...(parts.vae === undefined ? {} : { vae: await locationOf(parts.vae) }),
      ...(parts.imageEncoder === undefined ? {} : { imageEncoder: await locationOf(parts.imageEncoder) }),
    },
    name,
  );
}

/** A text encoder by its path: opened where it is in ONNX form, else the place of its weights. */
async function openTextEncoderPart(path: string): Promise<PartLocation | OnnxTextEncoder> {
  const location = await locationOf(path);
  const model = await findOnnxModel(location);
  if (model === undefined) return location;
  const folder = dirname(resolve(path));
  // Where models lie in a folder of their own, the tokenizer is beside that.
  if (location.path === '' || basename(folder) !== 'onnx') return openOnnxTextEncoder(model, loadOnnxRuntime);
  return openOnnxTextEncoder({ tree: await openNodeFolder(dirname(folder)), path: `onnx/${basename(path)}` }, loadOnnxRuntime);
}

/** Opens a latent upsampler: a folder, or a file. */
export async function openUpsamplerAt(path: string): Promise<UpsamplerModel> {
  const location = await locationOf(path);
  return openUpsampler(location.tree, path, location.path);
}

/** Opens the LoRAs of a job for a model; close them when it is done. */
export async function openLoras(
  loras: readonly { readonly path: string; readonly scale: number; readonly refineScale?: number }[],
  model: VideoModel,
): Promise<ScaledLora[]> {
  const found: ScaledLora[] = [];
  try {
    for (const { path, scale, refineScale } of loras) {
      const opened = await openLora(await locationOf(path), model, path);
      found.push({ opened, scale, ...(refineScale === undefined ? {} : { refineScale }) });
    }
    return found;
  } catch (error) {
    for (const { opened } of found) await opened.close();
    throw error;
  }
}
