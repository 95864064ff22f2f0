import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../../errors';
import { writeWhole } from '../../pipelines/node';
import { runFiles, sampleFolder } from '../run-files';
import { CheckpointStore, type StoredCheckpoint } from './checkpoint-store';

/**
 * The folder of a run: `config.txt` (every setting and where it came from), `checkpoints/`, `metrics.jsonl`, event files, `samples/` with
 * validation clips, and at the end `lora.safetensors` or `model/`.
 */
export interface RunFolder {
  readonly path: string;
  readonly checkpoints: CheckpointStore;
  readonly metrics: string;
  /** Where validation clips of a step go. */
  samples(step: number): string;
  /** Where the result goes. */
  readonly lora: string;
  readonly model: string;
}

/** @throws AiprodError 'unwritable-output' */
export async function openRunFolder(path: string, description: readonly string[]): Promise<RunFolder> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw new AiprodError('unwritable-output', 'the run’s folder cannot be made', { where: path, hint: 'Check output_dir' }, { cause });
  });
  await writeWhole(join(path, runFiles.config), new TextEncoder().encode(`${description.join('\n')}\n`));
  return {
    path,
    checkpoints: await CheckpointStore.open(join(path, 'checkpoints')),
    metrics: join(path, runFiles.metrics),
    samples: (step) => join(path, sampleFolder(step)),
    lora: join(path, 'lora.safetensors'),
    model: join(path, 'model'),
  };
}

/**
 * The checkpoint that a run goes on from.
 * @param from `true` for the latest of the run's own; a path to a run's folder, or to one checkpoint
 * @returns undefined where nothing is to be gone on with
 * @throws AiprodError 'bad-input' when there is none at the path, 'bad-usage' when a run that has some is started anew.
 */
export async function checkpointToResume(folder: string, from: string | boolean): Promise<StoredCheckpoint | undefined> {
  const latest = async (run: string): Promise<StoredCheckpoint | undefined> =>
    (await CheckpointStore.at(join(run, 'checkpoints')).list()).at(-1);
  if (from === false) {
    const own = await latest(folder);
    if (own === undefined) return undefined;
    throw new AiprodError('bad-usage', 'the run’s folder holds a run already', {
      where: folder,
      found: `a checkpoint of step ${own.step}`,
      hint: 'Go on with --resume, or name another output_dir',
    });
  }
  const found = from === true ? await latest(folder) : ((await latest(from)) ?? (await single(from)));
  if (found !== undefined || from === true) return found;
  throw new AiprodError('bad-input', 'there is no checkpoint to go on from', {
    where: from,
    expected: 'the folder of a run, or one of its checkpoints/step-…',
  });
}

/** A folder that is a checkpoint itself. */
async function single(path: string): Promise<StoredCheckpoint | undefined> {
  const match = /step-(\d+)[/\\]?$/.exec(path);
  const there = await readFile(join(path, 'state.json')).catch(() => undefined);
  return match === null || there === undefined ? undefined : { step: Number(match[1]), path };
}
