import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AiprodError } from '../errors';
import { decodeState, encodeState, jobSchema, type DenoiseState, type Job } from '../pipelines';
import { writeWhole } from '../pipelines/node';

/**
 * A folder from which an interrupted generation goes on: the job with every setting, where the clip goes, and the latest
 * denoising state. Files are written aside and renamed, so that a kill at any moment leaves a whole state.
 */
export interface RunFolder {
  readonly path: string;
  save(state: DenoiseState): Promise<void>;
  /** Removes the folder, when the clip is done. */
  remove(): Promise<void>;
}

const runSchema = z.object({ run: z.literal(1), job: jobSchema, out: z.string().min(1) });

/** Begins a folder for a job; it appears with the first saved state. */
export function runFolder(path: string, job: Job, out: string): RunFolder {
  let begun = false;
  return {
    path,
    async save(state) {
      if (!begun) {
        await mkdir(path, { recursive: true });
        await writeWhole(
          join(path, 'run.json'),
          new TextEncoder().encode(`${JSON.stringify({ run: 1, job, out: resolve(out) }, null, 2)}\n`),
        );
        begun = true;
      }
      await writeWhole(join(path, 'state.safetensors'), encodeState(state));
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Opens the folder of an interrupted run. */
export async function openRunFolder(path: string): Promise<{ job: Job; out: string; state: DenoiseState | undefined }> {
  const where = join(path, 'run.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(where, 'utf8'));
  } catch (cause) {
    throw new AiprodError(
      'bad-input',
      'there is no run to resume',
      {
        where,
        hint: 'Give the folder that an interrupted aiprod generate named',
      },
      { cause },
    );
  }
  const parsed = runSchema.safeParse(value);
  if (!parsed.success) throw new AiprodError('bad-input', `the run is not valid: ${parsed.error.issues[0].message}`, { where });
  const { job, out } = parsed.data;
  const statePath = join(path, 'state.safetensors');
  const bytes = await readFile(statePath).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new AiprodError('bad-input', 'the state of the run cannot be read', { where: statePath }, { cause });
  });
  return { job, out, state: bytes === undefined ? undefined : await decodeState(new Uint8Array(bytes), statePath) };
}
