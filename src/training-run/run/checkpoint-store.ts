import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../../errors';
import type { SafetensorsMetadata, TensorToWrite } from '../../weights';
import { writeTensorFile } from './tensor-file';

/** A file of a checkpoint: text, or tensors as safetensors. */
export type CheckpointFile =
  { readonly text: string } | { readonly tensors: ReadonlyMap<string, TensorToWrite>; readonly metadata?: SafetensorsMetadata };

/** A checkpoint on disk. */
export interface StoredCheckpoint {
  readonly step: number;
  readonly path: string;
}

const name = (step: number): string => `step-${String(step).padStart(6, '0')}`;
const namePattern = /^step-(\d{6,})$/;
/** What folders are called that are being written or removed. */
const partial = '.partial';

/**
 * Checkpoints in a folder, one a folder of its own, named by its step. A checkpoint is written aside and renamed when all of it is on the disk, so
 * that whatever ends the process, every folder with a checkpoint's name is whole.
 */
export class CheckpointStore {
  private constructor(readonly path: string) {}

  /** Opens (or makes) the folder and clears what an interrupted run left half done. @throws AiprodError 'unwritable-output' */
  static async open(path: string): Promise<CheckpointStore> {
    await orUnwritable(path, async () => {
      await mkdir(path, { recursive: true });
      for (const entry of await readdir(path)) if (entry.endsWith(partial)) await rm(join(path, entry), { recursive: true, force: true });
    });
    return new CheckpointStore(path);
  }

  /** The folder as it is, for reading. */
  static at(path: string): CheckpointStore {
    return new CheckpointStore(path);
  }

  /** From the earliest to the latest. */
  async list(): Promise<StoredCheckpoint[]> {
    const entries = await readdir(this.path).catch(() => []);
    return entries
      .flatMap((entry) => {
        const match = namePattern.exec(entry);
        return match === null ? [] : [{ step: Number(match[1]), path: join(this.path, entry) }];
      })
      .sort((a, b) => a.step - b.step);
  }

  /**
   * Writes a checkpoint and lets all but the last ones go.
   * @param keep how many stay; 0 keeps all
   */
  async write(step: number, files: ReadonlyMap<string, CheckpointFile>, keep: number): Promise<StoredCheckpoint> {
    const path = join(this.path, name(step));
    const aside = `${path}${partial}`;
    // A run that was gone on with may come by its first checkpoint again.
    if ((await this.list()).some((stored) => stored.step === step)) return { step, path };
    await orUnwritable(path, async () => {
      await rm(aside, { recursive: true, force: true });
      await mkdir(aside);
      for (const [file, content] of files) await writeFileOf(join(aside, file), content);
      await rename(aside, path);
    });
    const all = await this.list();
    if (keep > 0) for (const old of all.slice(0, Math.max(0, all.length - keep))) await orUnwritable(old.path, () => this.remove(old.path));
    return { step, path };
  }

  /** Renamed first: a folder with a checkpoint's name is never half there. */
  private async remove(path: string): Promise<void> {
    const gone = `${path}.removed${partial}`;
    await rename(path, gone);
    await rm(gone, { recursive: true, force: true });
  }
}

/** A checkpoint's text file. @throws AiprodError 'bad-input' when it is not there. */
export async function readCheckpointText({ path }: StoredCheckpoint, file: string): Promise<string> {
  try {
    return await readFile(join(path, file), 'utf8');
  } catch (cause) {
    throw new AiprodError(
      'bad-input',
      'this is no whole checkpoint',
      { where: path, expected: `a file ${file}`, hint: 'Name a folder of checkpoints/ in the run’s folder' },
      { cause },
    );
  }
}

async function writeFileOf(path: string, content: CheckpointFile): Promise<void> {
  if ('text' in content) await writeFile(path, content.text, { flush: true });
  else await writeTensorFile(path, content.tensors, content.metadata);
}

async function orUnwritable<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError(
      'unwritable-output',
      'the checkpoint cannot be written',
      {
        where: path,
        found: cause instanceof Error ? cause.message : String(cause),
        hint: 'Check the folder, its permissions and the free space',
      },
      { cause },
    );
  }
}
