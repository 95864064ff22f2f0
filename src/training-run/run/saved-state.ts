import { join } from 'node:path';
import { z } from 'zod';
import { batchStreamStateSchema } from '../../data';
import { AiprodError } from '../../errors';
import type { HostTensor } from '../../graph';
import { hostTensorOf, lossRecordSchema, lossScaleSchema, storedTensorOf, type TrainerState } from '../../training';
import { openSafetensors } from '../../weights';
import { openNodeFile } from '../../weights/node';
import { savedStepSettings, type StepSettings } from '../config';
import { readCheckpointText, type CheckpointFile, type StoredCheckpoint } from './checkpoint-store';

/** Files of a checkpoint from which a run goes on. */
export const stateFiles = { facts: 'state.json', tensors: 'state.safetensors' } as const;

const version = 1;

/** All of a run's state that is not tensors. Randomness needs none: it is keyed by the run's seed and the step. */
const factsSchema = z.strictObject({
  version: z.literal(version),
  step: z.int().min(0),
  /** Steps that the optimiser took: fewer where gradients were not finite. */
  taken: z.int().min(0),
  epoch: z.int().min(0),
  data: batchStreamStateSchema,
  record: lossRecordSchema,
  scale: lossScaleSchema.optional(),
  /** Settings that the steps depend on, by which a run of another configuration is refused; as the program had them that wrote them. */
  settings: z.record(z.string(), z.unknown()),
});
export type SavedFacts = Omit<z.output<typeof factsSchema>, 'settings'> & { readonly settings: StepSettings };

/** Where a run stands. */
export interface SavedState {
  readonly facts: SavedFacts;
  readonly trainer: TrainerState;
}

/** The files that hold a state. */
export function stateCheckpoint(
  trainer: TrainerState,
  facts: Omit<SavedFacts, 'version' | 'taken' | 'record' | 'scale'>,
): Map<string, CheckpointFile> {
  const { step: taken, record, scale } = trainer;
  const all: SavedFacts = { version, taken, record, ...(scale === undefined ? {} : { scale }), ...facts };
  const tensors = new Map([...trainer.tensors].map(([name, tensor]) => [name, storedTensorOf(tensor)]));
  return new Map<string, CheckpointFile>([
    [stateFiles.tensors, { tensors }],
    [stateFiles.facts, { text: `${JSON.stringify(all, null, 2)}\n` }],
  ]);
}

/** @throws AiprodError 'bad-input' or 'bad-weights' when the checkpoint holds no state that this program reads. */
export async function readState(checkpoint: StoredCheckpoint): Promise<SavedState> {
  const where = join(checkpoint.path, stateFiles.facts);
  const facts = parseFacts(await readCheckpointText(checkpoint, stateFiles.facts), where);
  const source = await openNodeFile(join(checkpoint.path, stateFiles.tensors));
  try {
    const file = await openSafetensors(source);
    const tensors = new Map<string, HostTensor>();
    for (const name of file.tensors.keys()) tensors.set(name, hostTensorOf(await file.readTensor(name), `${file.name}: ${name}`));
    const { taken, record, scale } = facts;
    return { facts, trainer: { step: taken, tensors, record, ...(scale === undefined ? {} : { scale }) } };
  } finally {
    await source.close?.();
  }
}

function parseFacts(text: string, where: string): SavedFacts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AiprodError('bad-input', 'the state of the run is not JSON', { where }, { cause });
  }
  const parsed = factsSchema.safeParse(value);
  if (parsed.success) return { ...parsed.data, settings: savedStepSettings(parsed.data.settings, where) };
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', 'the run cannot be gone on with', {
    where,
    expected: `a state of version ${version}`,
    found: `${issue.path.map(String).join('.')}: ${issue.message}`,
    hint: 'Go on from another checkpoint, or start anew',
  });
}
