import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AiprodError } from '../errors';
import { openLtxModel, type LtxModel } from '../pipelines';
import { openNodeFolder } from '../weights/node';

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

/** Folder of a model: `embedded`, or a path. */
export function modelFolder(name: string): string {
  return name === 'embedded' ? join(packageRoot(), 'public', 'models', 'embedded') : name;
}

/** Opens a model by name or path. */
export async function openModel(name: string): Promise<LtxModel> {
  return openLtxModel(await openNodeFolder(modelFolder(name)), name);
}
