import { expect, it } from 'vitest';
import { emptySequence } from './sequence/sequence';
import { edited, redo, undo, unedited } from './undo';

const start = () => unedited(emptySequence({ width: 64, height: 64, rate: { numerator: 24, denominator: 1 } }));
const rename = (name: string) => (draft: { tracks: { name: string }[] }) => {
  draft.tracks[0].name = name;
};

it('takes steps back and forth', () => {
  const first = start();
  const second = edited(first, { key: 'rename' }, rename('a'));
  const third = edited(second, { key: 'rename' }, rename('b'));
  expect(undo(third).sequence).toEqual(second.sequence);
  expect(undo(undo(third)).sequence).toEqual(first.sequence);
  expect(undo(undo(undo(third))).sequence).toEqual(first.sequence);
  expect(redo(redo(undo(undo(third)))).sequence).toEqual(third.sequence);
});

it('makes one step of edits with one key, and forgets what was undone after a new edit', () => {
  let state = start();
  for (const name of ['a', 'ab', 'abc']) state = edited(state, { key: 'rename' }, rename(name), 'name');
  expect(state.done).toHaveLength(1);
  expect(undo(state).sequence).toEqual(start().sequence);
  expect(redo(undo(state)).sequence.tracks[0].name).toBe('abc');
  expect(edited(undo(state), { key: 'rename' }, rename('x')).undone).toEqual([]);
});

it('keeps no step of an edit that changes nothing', () => {
  expect(edited(start(), { key: 'rename' }, rename('V1')).done).toEqual([]);
});
