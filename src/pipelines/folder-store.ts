import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../errors';
import { decodeOutputs, encodeOutputs, type NodeStore } from './dag';
import { writeWhole } from '../weights/node';

/**
 * Keeps outputs and checkpoints as files of a folder, which appears with the first of them. A kill at any moment leaves whole files.
 */
export function folderStore(folder: string): NodeStore {
  const outputsPath = (signature: string): string => join(folder, `${signature}.safetensors`);
  const checkpointPath = (signature: string): string => join(folder, `${signature}.checkpoint`);
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeWhole(path, bytes);
  };
  return {
    has: (signature) => exists(outputsPath(signature)),
    async load(signature) {
      const path = outputsPath(signature);
      const bytes = await readIfThere(path);
      return bytes === undefined ? undefined : decodeOutputs(bytes, path);
    },
    save: async (signature, outputs) => write(outputsPath(signature), await encodeOutputs(outputs)),
    remove: (signature) => rm(outputsPath(signature), { force: true }),
    loadCheckpoint: (signature) => readIfThere(checkpointPath(signature)),
    saveCheckpoint: (signature, bytes) => write(checkpointPath(signature), bytes),
    removeCheckpoint: (signature) => rm(checkpointPath(signature), { force: true }),
  };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new AiprodError('bad-input', 'a kept result cannot be read', { where: path }, { cause });
  }
}
