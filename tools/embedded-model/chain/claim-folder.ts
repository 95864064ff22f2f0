import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../../../src/errors';

/** Whether a process of that number runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes a chain's folder for this process: two chains would overwrite each other's state. What a process that is gone left is taken over.
 * @returns gives the folder free again
 * @throws AiprodError 'bad-usage' while another process has it
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'running');
  const claim = (): Promise<void> => writeFile(path, String(process.pid), { flag: 'wx' });
  try {
    await claim();
  } catch {
    const owner = Number(await readFile(path, 'utf8'));
    if (runs(owner)) {
      throw new AiprodError('bad-usage', 'another process works in this folder', {
        where: folder,
        found: `process ${owner}`,
        hint: 'Wait until it has stopped, or give --work another folder',
      });
    }
    await rm(path);
    await claim();
  }
  return () => rm(path);
}
