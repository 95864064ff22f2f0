import { AiprodError } from '../errors';
import { subTree, type FileTree } from './file-tree';
import { inspectWeights } from './inspect';
import { openWeightSet } from './weight-set';

/** A model that a folder holds: a folder in diffusers layout, or a weight file. */
export interface FoundModel {
  /** The last part of its path; the folder's own name where the whole folder is the model. */
  readonly name: string;
  readonly tree: FileTree;
  /** '' is the tree itself. */
  readonly path: string;
}

const INDEX_FILE = 'model_index.json';
const WEIGHT_FILE = /\.(safetensors|gguf)$/;
const SHARD = /-\d{5}-of-\d{5}\.safetensors$/;
/** Weight files beside a checkpoint that are parts of one, by the names people give them. */
const PART = /(^|[-_.])(vae|t5|t5xxl|umt5|gemma|clip|text_?encoder|lora|upscaler|upsampler|audio)/i;

/**
 * The models in a folder that a person named: itself, folders inside it, and weight files that are no parts of others by their
 * names. Nothing is opened.
 */
export async function modelsInTree(tree: FileTree): Promise<FoundModel[]> {
  const files = await tree.list();
  if (files.includes(INDEX_FILE)) return [{ name: lastOf(tree.name), tree, path: '' }];
  const folders = files.filter((path) => path.endsWith(`/${INDEX_FILE}`)).map((path) => path.slice(0, -INDEX_FILE.length - 1));
  const inside = (path: string): boolean => folders.some((folder) => path.startsWith(`${folder}/`));
  const checkpoints = files.filter((path) => WEIGHT_FILE.test(path) && !SHARD.test(path) && !inside(path) && !PART.test(lastOf(path)));
  const atTop = checkpoints.filter((path) => !path.includes('/'));
  // Weight files in folders are parts of what lies above them, where something does.
  const wanted = atTop.length > 0 || folders.length > 0 ? atTop : checkpoints;
  return [
    ...folders.map((folder) => ({ name: lastOf(folder), tree: subTree(tree, folder), path: '' })),
    ...wanted.map((path) => ({ name: lastOf(path), tree, path })),
  ];
}

/** A LoRA or a latent upsampler that a folder holds. */
export interface FoundAddOn extends FoundModel {
  readonly kind: 'lora' | 'upsampler';
}

const LORA_NAME = /(^|[-_.\d])(ic-?)?lora([-_.\d]|$)|^adapter_model/i;
const UPSAMPLER_NAME = /(upsampler|upscaler)/i;
const UPSAMPLER_FOLDER = 'latent_upsampler';
/** Most files whose headers are read for what their names do not say. */
const MOST_LOOKED_INTO = 64;

/**
 * LoRAs and upsamplers in a folder that a person named. What a file's name does not say its header does: a style may be called anything.
 */
export async function addOnsInTree(tree: FileTree): Promise<FoundAddOn[]> {
  const files = await tree.list();
  const models = files.filter((path) => path.endsWith(INDEX_FILE)).map((path) => path.slice(0, -INDEX_FILE.length));
  const found: FoundAddOn[] = files
    .filter((path) => path.endsWith(`${UPSAMPLER_FOLDER}/config.json`))
    .map((path) => path.slice(0, -'/config.json'.length))
    .map((path) => ({ kind: 'upsampler', name: nameOfPart(tree, path), tree: subTree(tree, path), path: '' }));
  let looked = 0;
  for (const path of files) {
    const name = lastOf(path);
    const inModel = models.some((folder) => path.startsWith(folder) && (folder !== '' || path.includes('/')));
    if (!path.endsWith('.safetensors') || SHARD.test(path) || inModel || path.includes(`${UPSAMPLER_FOLDER}/`)) continue;
    if (UPSAMPLER_NAME.test(name)) found.push({ kind: 'upsampler', name, tree, path });
    else if (LORA_NAME.test(name) || (!PART.test(name) && looked++ < MOST_LOOKED_INTO && (await isLora(tree, path)))) {
      found.push({ kind: 'lora', name: name.startsWith('adapter_model') ? nameOfPart(tree, path) : name, tree, path });
    }
  }
  return found;
}

/** Whether a file's header has a LoRA's tensors; a file that cannot be read is none. */
async function isLora(tree: FileTree, path: string): Promise<boolean> {
  try {
    const set = await openWeightSet(tree, path);
    try {
      return inspectWeights(set).architectures.some(({ kind }) => kind === 'lora');
    } finally {
      await set.close();
    }
  } catch (error) {
    if (error instanceof AiprodError) return false;
    throw error;
  }
}

/** A file or folder whose own name says only what it is, by the folder that it lies in. */
function nameOfPart(tree: FileTree, path: string): string {
  const folder = path.includes('/') ? lastOf(path.slice(0, path.lastIndexOf('/'))) : lastOf(tree.name);
  return folder === '' ? lastOf(path) : folder;
}

/** Bytes of the weight files of a model as they lie there, without reading them. */
export async function weightFileBytes({ tree, path }: Pick<FoundModel, 'tree' | 'path'>): Promise<number> {
  const files = path === '' ? (await tree.list()).filter((file) => WEIGHT_FILE.test(file)) : [path];
  let bytes = 0;
  for (const file of files) {
    const source = await tree.open(file);
    bytes += source?.size ?? 0;
    await source?.close?.();
  }
  return bytes;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
