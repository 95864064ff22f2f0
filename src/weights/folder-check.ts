import { AiprodError } from '../errors';
import type { FoundModel } from './models-in-tree';
import { parseManifest, type ModelManifest } from './store/manifest';
import { manifestFile, type FileCheck, type StoreOptions } from './store/store';
import { openWeightSet } from './weight-set';

/** What is known of a folder's files: their hashes where a store's note lies with them. @throws AiprodError `bad-input` for a damaged note */
export async function notedManifest({ tree, path }: FoundModel): Promise<ModelManifest | undefined> {
  const text = path === '' ? await tree.readText(manifestFile) : undefined;
  return text === undefined ? undefined : parseManifest(text, `${tree.name}/${manifestFile}`);
}

/**
 * Looks at every weight file and index of a model of which no hashes are known: whether its header is sound, and the file as long as that
 * says, and whether all shards of an index are there. Damage within tensors goes unseen.
 */
export async function checkStructure({ tree, path }: FoundModel, { signal, onProgress }: StoreOptions = {}): Promise<FileCheck[]> {
  const files = path === '' ? (await tree.list()).filter((own) => /\.(safetensors|gguf|safetensors\.index\.json)$/.test(own)) : [path];
  const checks: FileCheck[] = [];
  let bytes = 0;
  for (const file of files) {
    if (signal?.aborted === true) throw new AiprodError('cancelled', 'the check was stopped');
    const source = await tree.open(file);
    const size = source?.size ?? 0;
    await source?.close?.();
    bytes += size;
    checks.push({ path: file, ...(await structureOf({ tree, path: file })), bytes: { expected: size, found: size } });
    onProgress?.({ path: file, bytes, totalBytes: undefined });
  }
  return checks;
}

async function structureOf({ tree, path }: Pick<FoundModel, 'tree' | 'path'>): Promise<Pick<FileCheck, 'damaged' | 'problem'>> {
  try {
    await (await openWeightSet(tree, path)).close();
    return { damaged: [] };
  } catch (error) {
    if (!(error instanceof AiprodError)) throw error;
    return { damaged: [0], problem: error.message };
  }
}
