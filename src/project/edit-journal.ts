import { applyPatches } from 'immer';
import { z } from 'zod';
import { undoStepSchema, type EditedSequence, type UndoStep } from './undo';

/** What happened to a sequence from one time that it was kept to the next: edits, and steps taken back or done again. */
export interface JournalEntry {
  /** Steps that stayed done, from the oldest. */
  readonly keep: number;
  /** Steps done since. */
  readonly add: readonly UndoStep[];
  /** The same of the steps that were taken back. */
  readonly keepUndone: number;
  readonly addUndone: readonly UndoStep[];
}

export const journalEntrySchema = z.strictObject({
  keep: z.int().min(0),
  add: z.array(undoStepSchema),
  keepUndone: z.int().min(0),
  addUndone: z.array(undoStepSchema),
});

/** The way from one state to a later one; undefined where nothing happened. Steps are told apart by what they are, not by what they say. */
export function editsSince(before: EditedSequence, now: EditedSequence): JournalEntry | undefined {
  const keep = sharedSteps(before.done, now.done);
  const keepUndone = sharedSteps(before.undone, now.undone);
  const same = keep === before.done.length && keep === now.done.length;
  if (same && keepUndone === before.undone.length && keepUndone === now.undone.length) return undefined;
  return { keep, add: now.done.slice(keep), keepUndone, addUndone: now.undone.slice(keepUndone) };
}

/** The steps that an entry leads to, without its sequence. @throws Error for an entry that does not belong to this state */
export function stepsAfter(
  { done, undone }: Omit<EditedSequence, 'sequence'>,
  { keep, add, keepUndone, addUndone }: JournalEntry,
): Omit<EditedSequence, 'sequence'> {
  if (keep > done.length || keepUndone > undone.length) throw new Error('the entry follows another state');
  return { done: [...done.slice(0, keep), ...add], undone: [...undone.slice(0, keepUndone), ...addUndone] };
}

/** The state that an entry leads to. @throws Error for an entry that does not belong to this state */
export function replayed(state: EditedSequence, entry: JournalEntry): EditedSequence {
  const steps = stepsAfter(state, entry);
  const back = state.done.slice(entry.keep).toReversed();
  const patches = [...back.flatMap(({ backward }) => backward), ...entry.add.flatMap(({ forward }) => forward)];
  return { sequence: applyPatches(state.sequence, patches), ...steps };
}

function sharedSteps(a: readonly UndoStep[], b: readonly UndoStep[]): number {
  const shortest = Math.min(a.length, b.length);
  let count = 0;
  while (count < shortest && a[count] === b[count]) count++;
  return count;
}
