import { subTree, type FileTree } from './file-tree';

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
