import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../../errors';
import { openModelFolder, type TensorToWrite } from '../../weights';
import { openNodeFolder } from '../../weights/node';
import type { TrainedComponent } from '../subject/training-subject';
import { writeTensorFile } from '../run/tensor-file';

/** @throws AiprodError 'unsupported-model' when there is no model in diffusers layout at the path. */
export async function requireModelFolder(path: string): Promise<void> {
  const there = await stat(join(path, 'model_index.json')).catch(() => undefined);
  if (there !== undefined) return;
  throw new AiprodError('unsupported-model', 'only folders in diffusers layout can be trained whole', {
    where: path,
    expected: 'a folder with model_index.json',
    hint: 'Train a LoRA, or name such a folder in model.path',
  });
}

async function isFolder(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there?.isDirectory() === true;
}

/**
 * Writes a model as a folder in diffusers layout: the components of another folder, with a trained one in place of its own. The folder
 * appears whole; one that was there is replaced.
 */
export async function writeModelFolder(
  path: string,
  base: string,
  component: TrainedComponent,
  tensors: ReadonlyMap<string, TensorToWrite>,
): Promise<void> {
  const aside = `${path}.partial`;
  try {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { recursive: true });
    const { index } = await openModelFolder(await openNodeFolder(base));
    await cp(join(base, 'model_index.json'), join(aside, 'model_index.json'));
    for (const [name, named] of Object.entries(index)) {
      // Some that the index gives no class have a folder all the same: tokenizers of other kinds.
      if (!Array.isArray(named) || !/^\w[\w.-]*$/.test(name) || !(await isFolder(join(base, name)))) continue;
      // Other weights of the component, in whatever files, are what the trained ones take the place of.
      const filter = (source: string): boolean => name !== component || !/\.(safetensors|gguf|bin|index\.json)$/.test(source);
      await cp(join(base, name), join(aside, name), { recursive: true, filter });
    }
    await writeTensorFile(join(aside, component, 'diffusion_pytorch_model.safetensors'), tensors, { format: 'pt' });
    await rm(path, { recursive: true, force: true });
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { recursive: true, force: true });
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError(
      'unwritable-output',
      'the trained model cannot be written',
      { where: path, found: cause instanceof Error ? cause.message : String(cause), hint: 'Check the folder and the free space' },
      { cause },
    );
  }
}
