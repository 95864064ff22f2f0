import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandIds, declarationOf } from './declarations';
import { hasAppleKeys, keyOf, partsOfKey, type KeyPress } from './keys';
import { createCommandRegistry, holderOf } from './registry';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  ...{ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false },
  ...held,
});

describe('keys', () => {
  it('names a press by what it types, with Command in place of Ctrl on Apple’s keyboards', () => {
    expect(keyOf(press('Z', { ctrlKey: true, shiftKey: true }), false)).toBe('mod+shift+z');
    expect(keyOf(press('z', { metaKey: true }), true)).toBe('mod+z');
    expect(keyOf(press('z', { ctrlKey: true }), true)).toBe('ctrl+z');
    expect(keyOf(press('?', { shiftKey: true }), false)).toBe('?');
    expect(keyOf(press(' '), false)).toBe('Space');
    expect(keyOf(press('ArrowLeft', { shiftKey: true }), false)).toBe('shift+ArrowLeft');
    expect(keyOf(press('Shift', { shiftKey: true }), false)).toBeUndefined();
    expect([hasAppleKeys('MacIntel'), hasAppleKeys('Linux x86_64')]).toEqual([true, false]);
  });

  it('takes apart what it put together', () => {
    const keys = fc.constantFrom('a', '+', '?', ' ', 'Home', 'F5', 'é');
    const flag = fc.boolean();
    fc.assert(
      fc.property(keys, flag, flag, flag, (key, ctrlKey, altKey, shiftKey) => {
        const parts = partsOfKey(keyOf(press(key, { ctrlKey, altKey, shiftKey }), false) ?? '');
        expect(parts.at(-1)).toBe(key === ' ' ? 'Space' : key);
        expect(parts.includes('mod')).toBe(ctrlKey);
        expect(parts.includes('alt')).toBe(altKey);
      }),
    );
  });
});

describe('commands', () => {
  it('share no key where both work', () => {
    const registry = createCommandRegistry();
    for (const id of commandIds) {
      for (const key of registry.keysOf(id)) expect([id, key, holderOf(registry, id, key)]).toEqual([id, key, undefined]);
    }
  });

  it('are available while someone can do them, the last of whom does', () => {
    const registry = createCommandRegistry();
    const done: string[] = [];
    expect(registry.commandOf('Space', false)).toBeUndefined();
    const removeFirst = registry.provide('playback.toggle', () => done.push('first'));
    const removeSecond = registry.provide('playback.toggle', () => done.push('second'));
    registry.run('playback.toggle');
    removeSecond();
    registry.run('playback.toggle');
    removeFirst();
    registry.run('playback.toggle');
    expect(done).toEqual(['second', 'first']);
    expect(registry.available()).toEqual([]);
  });

  it('leave to fields what types or moves in them', () => {
    const registry = createCommandRegistry();
    for (const id of commandIds) registry.provide(id, () => undefined);
    expect(registry.commandOf('mod+k', true)).toBe('studio.palette');
    expect(registry.commandOf('mod+z', true)).toBeUndefined();
    expect(registry.commandOf('mod+z', false)).toBe('studio.undo');
    expect(registry.commandOf('m', true)).toBeUndefined();
    for (const id of commandIds.filter((known) => declarationOf(known).inFields === true)) {
      expect(registry.keysOf(id).every((key) => /^(mod|ctrl|alt)\+/.test(key))).toBe(true);
    }
  });

  it('take other keys, and their own again', () => {
    const registry = createCommandRegistry({ 'playback.mute': ['x'] });
    registry.provide('playback.mute', () => undefined);
    expect([registry.commandOf('x', false), registry.commandOf('m', false)]).toEqual(['playback.mute', undefined]);
    expect(holderOf(registry, 'view.edit', 'x')).toBe('playback.mute');
    registry.bind('playback.mute', undefined);
    expect(registry.commandOf('m', false)).toBe('playback.mute');
    expect(registry.bindings()).toEqual({});
  });
});
