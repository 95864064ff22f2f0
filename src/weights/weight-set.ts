import { z } from 'zod';
import { AiprodError } from '../errors';
import { joinPath, type FileTree } from './file-tree';
import { openGguf } from './gguf';
import { refusePickle } from './pickle';
import { missingTensor } from './missing-tensor';
import { openSafetensors, type WeightFile } from './safetensors';
import type { TensorEntry } from './safetensors-header';
import { parseStrictJson } from './strict-json';
import type { TensorData } from './tensor-data';

/** The weights of one model, from one file or several shards. */
export interface WeightSet {
  readonly name: string;
  /** The open files, in the order of their names. */
  readonly files: readonly WeightFile[];
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** `__metadata__` of all safetensors files, or the values of a GGUF file as text; a later file wins. */
  readonly metadata: ReadonlyMap<string, string>;
  readTensor(name: string): Promise<TensorData>;
  /** Part of a tensor's bytes, as of a `WeightFile`. */
  readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

const INDEX_ENDING = '.safetensors.index.json';
const GGUF_ENDING = '.gguf';
/** Base names that diffusers and transformers use, in order of preference. */
const USUAL_NAMES = ['diffusion_pytorch_model.safetensors', 'model.safetensors'];

const shardName = z.string().regex(/^[^/\\]+\.safetensors$/, 'a .safetensors file in the same folder');
const indexSchema = z.object({ metadata: z.unknown().optional(), weight_map: z.record(z.string(), shardName) });

/**
 * Opens the weights at `path` in a tree: a .safetensors or .gguf file, an index of shards (`*.safetensors.index.json`), or a folder
 * that holds one of these ('' is the tree itself).
 * @throws AiprodError 'bad-weights' when there are none, when it is unclear which ones to take, or when shards contradict the index.
 */
export async function openWeightSet(tree: FileTree, path: string): Promise<WeightSet> {
  const where = `${tree.name}/${path}`;
  const file = await chooseFile(tree, path, where);
  if (!file.endsWith(INDEX_ENDING)) return joinFiles(where, [await openFile(tree, file)]);

  const text = await tree.readText(file);
  if (text === undefined) throw noSuchFile(tree, file);
  const parsed = indexSchema.safeParse(parseStrictJson(text, `${tree.name}/${file}`, { depth: 8, keys: 1_000_000 }));
  if (!parsed.success) {
    throw new AiprodError('bad-weights', 'the index of shards is malformed', {
      where: `${tree.name}/${file}`,
      expected: 'weight_map from tensor names to .safetensors files in the same folder',
      found: parsed.error.issues[0].message,
    });
  }
  const weightMap = new Map(Object.entries(parsed.data.weight_map));
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
  const shards = [...new Set(weightMap.values())].sort();
  const opened: WeightFile[] = [];
  try {
    for (const shard of shards) {
      const weights = await openFile(tree, joinPath(folder, shard));
      opened.push(weights);
      checkShard(shard, weights, weightMap);
    }
    return joinFiles(where, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** One open file as a set. */
export function singleFileSet(file: WeightFile): WeightSet {
  return joinFiles(file.name, [file]);
}

async function chooseFile(tree: FileTree, path: string, where: string): Promise<string> {
  refusePickle(path, where);
  if (isWeightFile(path) || path.endsWith(INDEX_ENDING)) return path;
  const prefix = path === '' ? '' : `${path}/`;
  const here = (await tree.list()).filter((file) => file.startsWith(prefix) && !file.slice(prefix.length).includes('/'));
  const single = USUAL_NAMES.map((name) => joinPath(path, name)).find((file) => here.includes(file));
  if (single !== undefined) return single;
  const indexes = here.filter((file) => file.endsWith(INDEX_ENDING));
  if (indexes.length === 1) return indexes[0];
  const others = here.filter(isWeightFile);
  if (indexes.length === 0 && others.length === 1) return others[0];
  const candidates = [...indexes, ...others];
  throw new AiprodError('bad-weights', candidates.length === 0 ? 'there are no weights' : 'it is unclear which weights to take', {
    where,
    expected: `${USUAL_NAMES.join(' or ')}, or one other .safetensors or .gguf file`,
    found: candidates.length === 0 ? 'none' : candidates.slice(0, 10).join(', '),
    hint: candidates.length === 0 ? 'Check that the download is complete' : 'Name the file itself',
  });
}

function isWeightFile(path: string): boolean {
  return path.endsWith('.safetensors') || path.endsWith(GGUF_ENDING);
}

async function openFile(tree: FileTree, path: string): Promise<WeightFile> {
  const source = await tree.open(path);
  if (source === undefined) throw noSuchFile(tree, path);
  try {
    return await (path.endsWith(GGUF_ENDING) ? openGguf(source) : openSafetensors(source));
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

function checkShard(shard: string, weights: WeightFile, weightMap: ReadonlyMap<string, string>): void {
  for (const [tensor, file] of weightMap) {
    if (file === shard && !weights.tensors.has(tensor)) throw missingTensor(tensor, weights.name, weights.tensors.keys());
  }
}

function joinFiles(name: string, files: readonly WeightFile[]): WeightSet {
  const owners = new Map<string, WeightFile>();
  const tensors = new Map<string, TensorEntry>();
  const metadata = new Map<string, string>();
  for (const file of files) {
    for (const [tensor, entry] of file.tensors) {
      const owner = owners.get(tensor);
      if (owner !== undefined) {
        throw new AiprodError('bad-weights', `tensor ${tensor} is in two shards`, { where: name, found: `${owner.name} and ${file.name}` });
      }
      owners.set(tensor, file);
      tensors.set(tensor, entry);
    }
    for (const [key, value] of file.metadata) metadata.set(key, value);
  }
  const ownerOf = (tensor: string): WeightFile => {
    const owner = owners.get(tensor);
    if (owner === undefined) throw missingTensor(tensor, name, owners.keys());
    return owner;
  };
  return {
    name,
    files,
    tensors,
    metadata,
    readTensor: async (tensor) => ownerOf(tensor).readTensor(tensor),
    readBytes: async (tensor, offset, length) => ownerOf(tensor).readBytes(tensor, offset, length),
    close: () => closeAll(files),
  };
}

async function closeAll(files: readonly WeightFile[]): Promise<void> {
  for (const file of files) await file.close();
}

function noSuchFile(tree: FileTree, path: string): AiprodError {
  return new AiprodError('bad-weights', 'the weight file is not there', {
    where: `${tree.name}/${path}`,
    hint: 'Check that the download is complete',
  });
}
