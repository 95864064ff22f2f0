import { applyPatches, enablePatches, produceWithPatches, type Draft, type Patch } from 'immer';
import { z } from 'zod';
import type { Sequence } from './sequence/sequence';

enablePatches();

/** A change of the sequence: it may change the draft that it gets, and nothing else. */
export type Edit = (draft: Draft<Sequence>) => void;

/** One step of undo, as plain data. */
export interface UndoStep {
  /** Names the edit for people: a key of the messages `edits`, with its values. */
  readonly label: EditLabel;
  readonly forward: readonly Patch[];
  readonly backward: readonly Patch[];
  /** Edits with one key that follow each other are one step: a drag, typing in one field. */
  readonly merge?: string;
}

export interface EditLabel {
  /** Of the messages `edits`: `split`, `move`, ... */
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

const patchSchema = z.strictObject({
  op: z.enum(['add', 'remove', 'replace']),
  path: z.array(z.union([z.string(), z.number()])),
  value: z.json().optional(),
});

/** A step as it is kept over visits. */
export const undoStepSchema = z.strictObject({
  label: z.strictObject({ key: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])).optional() }),
  forward: z.array(patchSchema),
  backward: z.array(patchSchema),
  merge: z.string().optional(),
});

/** A sequence with every step that led to it, and those that were taken back. Without limit. */
export interface EditedSequence {
  readonly sequence: Sequence;
  /** Oldest first. */
  readonly done: readonly UndoStep[];
  /** The one to redo next is last. */
  readonly undone: readonly UndoStep[];
}

export const unedited = (sequence: Sequence): EditedSequence => ({ sequence, done: [], undone: [] });

/** The sequence after an edit. One that changes nothing is no step. */
export function edited(state: EditedSequence, label: EditLabel, edit: Edit, merge?: string): EditedSequence {
  const [sequence, forward, backward] = produceWithPatches(state.sequence, edit);
  if (forward.length === 0) return state;
  const last = state.done.at(-1);
  if (merge !== undefined && last?.merge === merge && state.undone.length === 0) {
    const step: UndoStep = { label, merge, forward: [...last.forward, ...forward], backward: [...backward, ...last.backward] };
    return { sequence, done: [...state.done.slice(0, -1), step], undone: [] };
  }
  const step: UndoStep = { label, forward, backward, ...(merge === undefined ? {} : { merge }) };
  return { sequence, done: [...state.done, step], undone: [] };
}

export function undo(state: EditedSequence): EditedSequence {
  const step = state.done.at(-1);
  if (step === undefined) return state;
  return {
    sequence: applyPatches(state.sequence, step.backward),
    done: state.done.slice(0, -1),
    undone: [...state.undone, step],
  };
}

export function redo(state: EditedSequence): EditedSequence {
  const step = state.undone.at(-1);
  if (step === undefined) return state;
  return {
    sequence: applyPatches(state.sequence, step.forward),
    done: [...state.done, step],
    undone: state.undone.slice(0, -1),
  };
}
