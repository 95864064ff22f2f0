/**
 * Keys as text: modifiers in the order `mod`, `ctrl`, `alt`, `shift`, then the key as `KeyboardEvent.key` names it, letters in lower
 * case: `mod+shift+z`, `Space`, `ArrowLeft`, `?`. `mod` is Command on Apple's keyboards and Ctrl on others. What a key types is what counts,
 * so a layout that reaches `?` by another key still has it; Shift is part of a key only where it does not change what is typed.
 */
export type Key = string;

export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const onlyModifiers = new Set(['Control', 'Meta', 'Alt', 'AltGraph', 'Shift', 'CapsLock', 'Dead', 'Process', 'Unidentified']);

/** Undefined while nothing but modifiers is pressed. */
export function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress, apple: boolean): Key | undefined {
  if (onlyModifiers.has(key)) return undefined;
  const isLetter = /^\p{L}$/u.test(key);
  const modifiers = [
    ...((apple ? metaKey : ctrlKey) ? ['mod'] : []),
    ...(apple && ctrlKey ? ['ctrl'] : []),
    ...(altKey ? ['alt'] : []),
    ...(shiftKey && (isLetter || key.length > 1 || key === ' ') ? ['shift'] : []),
  ];
  return [...modifiers, key === ' ' ? 'Space' : isLetter ? key.toLowerCase() : key].join('+');
}

/** The parts of a key, as they are shown: `+` itself is a key too. */
export function partsOfKey(key: Key): readonly string[] {
  return key.endsWith('++') ? [...key.slice(0, -2).split('+'), '+'] : key === '+' ? ['+'] : key.split('+');
}

/** Whether a key types something into a field, or moves its caret: such a key belongs to the field. */
export function belongsToFields(key: Key): boolean {
  return !/^(mod|ctrl|alt)\+/.test(key) || /^mod\+(shift\+)?(a|c|v|x|y|z|ArrowLeft|ArrowRight|Home|End|Backspace|Delete)$/.test(key);
}

/** Whether this is a keyboard of Apple's, whose commands take the Command key. */
export function hasAppleKeys(platform: string): boolean {
  return /^(mac|iphone|ipad|ipod)/i.test(platform);
}
