import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AiprodError } from '../errors';
import { jobSchema, type Job, type NodeStore } from '../pipelines';
import { folderStore, writeWhole } from '../pipelines/node';

/**
 * A folder from which an interrupted generation goes on: the job with every setting, where the clip goes, the results of finished
 * nodes and the state of the one that was at work. Files are written aside and renamed, so that a kill at any moment leaves them
 * whole.
 */
export interface RunFolder {
  readonly path: string;
  readonly store: NodeStore;
  /** Removes the folder, when the clip is done. */
  remove(): Promise<void>;
}

const version = 2;
const runSchema = z.object({ run: z.literal(version), job: jobSchema, out: z.string().min(1) });

/** A folder for a job; it appears with the first thing that is kept. */
export function runFolder(path: string, job: Job, out: string): RunFolder {
  const nodes = folderStore(join(path, 'nodes'));
  let begun: Promise<void> | undefined;
  const begin = async (): Promise<void> => {
    await mkdir(path, { recursive: true });
    const text = `${JSON.stringify({ run: version, job, out: resolve(out) }, null, 2)}\n`;
    await writeWhole(join(path, 'run.json'), new TextEncoder().encode(text));
  };
  const once = (): Promise<void> => (begun ??= begin());
  return {
    path,
    store: {
      ...nodes,
      save: async (signature, outputs) => once().then(() => nodes.save(signature, outputs)),
      saveCheckpoint: async (signature, bytes) => once().then(() => nodes.saveCheckpoint(signature, bytes)),
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Opens the folder of an interrupted run. */
export async function openRunFolder(path: string): Promise<{ job: Job; out: string }> {
  const where = join(path, 'run.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(where, 'utf8'));
  } catch (cause) {
    throw new AiprodError(
      'bad-input',
      'there is no run to resume',
      { where, hint: 'Give the folder that an interrupted aiprod generate named' },
      { cause },
    );
  }
  const parsed = runSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const found = z.object({ run: z.number() }).safeParse(value);
  throw new AiprodError('bad-input', 'the run cannot be gone on with', {
    where,
    expected: `a run of version ${version}`,
    found: found.success && found.data.run !== version ? `version ${found.data.run}` : parsed.error.issues[0].message,
    hint: 'Generate the clip anew',
  });
}
