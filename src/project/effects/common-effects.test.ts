import { expect, it } from 'vitest';
import { effectSchema, type Effect } from '../sequence/effect';
import { commonEffects, likeEffect, withEffectChange } from './common-effects';

const effect = (id: string, type: string, parameters: Effect['parameters'] = {}): Effect => effectSchema.parse({ id, type, parameters });

it('finds what all clips have, by type and place among its type, and says where values differ', () => {
  const first = [effect('a', 'blur', { radius: 4 }), effect('b', 'grain'), effect('c', 'blur', { radius: 9 })];
  const second = [effect('d', 'grain'), effect('e', 'vignette'), effect('f', 'blur', { radius: 4 }), effect('g', 'blur', { radius: 2 })];
  const third = [effect('h', 'blur', { radius: 4 }), effect('i', 'blur', { radius: 9 })];
  expect(commonEffects([first, second])).toEqual([
    { effect: first[0], differs: false },
    { effect: first[1], differs: false },
    { effect: first[2], differs: true },
  ]);
  expect(commonEffects([first, second, third]).map((one) => one.effect.id)).toEqual(['a', 'c']);
  expect(commonEffects([first]).map((one) => one.effect.id)).toEqual(['a', 'b', 'c']);
  expect(likeEffect(second, first, first[2])?.id).toBe('g');
  expect(likeEffect(third, first, first[1])).toBeUndefined();
});

it('brings over only what was changed', () => {
  const before = effectSchema.parse({ id: 'a', type: 'chroma-key', parameters: { tolerance: 0.2, spill: 1 }, colors: { key: '#00ff00' } });
  const other = effectSchema.parse({ id: 'b', type: 'chroma-key', parameters: { softness: 0.5, spill: 0.3 }, colors: { key: '#0000ff' } });
  const changed = { ...before, parameters: { ...before.parameters, tolerance: 0.4 } };
  expect(withEffectChange(other, before, changed)).toEqual({ ...other, parameters: { softness: 0.5, spill: 0.3, tolerance: 0.4 } });
  // What is set back is set back there too; what only the other has stays.
  expect(withEffectChange(other, before, { ...before, parameters: {}, enabled: false })).toEqual({
    ...{ ...other, enabled: false },
    parameters: { softness: 0.5 },
  });
  expect(withEffectChange(before, before, changed)).toEqual(changed);
});
