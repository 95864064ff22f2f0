import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AiprodError } from '../../errors';
import { bytesOf, writeSafetensors, type SafetensorsMetadata } from '../../weights';
import { writeWhole } from '../../weights/node';
import type { EncodedTensors } from './sample-encoder';

/** Files of precomputed samples: `ROOT/FOLDER/ID.safetensors`, see docs/data.md. */
export class SampleFiles {
  constructor(private readonly root: string) {}

  /**
   * @param stored U8 for whole numbers from 0 to 255
   * @throws AiprodError 'not-finite' when a tensor holds what is no number: nothing is written then.
   */
  async write(
    folder: string,
    id: string,
    tensors: EncodedTensors,
    metadata: SafetensorsMetadata,
    stored: 'F32' | 'U8' = 'F32',
  ): Promise<void> {
    const path = this.pathOf(folder, id);
    const files = Object.entries(tensors).map(([name, { shape, data }]) => {
      if (!data.every(Number.isFinite)) {
        throw new AiprodError('not-finite', `${name} holds values that are no numbers`, { where: id, hint: 'Try --dtype f32' });
      }
      return [name, { dtype: stored, shape, bytes: bytesOf(stored === 'U8' ? Uint8Array.from(data) : Float32Array.from(data)) }] as const;
    });
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, writeSafetensors(new Map(files), metadata));
  }

  /** Whether all of the files are there. */
  async has(folders: readonly string[], id: string): Promise<boolean> {
    const found = await Promise.all(folders.map((folder) => stat(this.pathOf(folder, id)).catch(() => undefined)));
    return found.every((file) => file?.isFile() === true);
  }

  async remove(folders: readonly string[], id: string): Promise<void> {
    await Promise.all(folders.map((folder) => rm(this.pathOf(folder, id), { force: true })));
  }

  private pathOf(folder: string, id: string): string {
    return join(this.root, folder, `${id}.safetensors`);
  }
}
