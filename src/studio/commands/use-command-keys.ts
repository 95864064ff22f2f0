import { useEffect, type RefObject } from 'react';
import { hasAppleKeys, keyOf, type Key } from './keys';
import type { CommandRegistry } from './registry';

/** Elements that a key already means something to. */
const fields =
  'textarea, select, input:not([type="range"], [type="checkbox"], [type="radio"], [type="button"]), [contenteditable]:not([contenteditable="false"])';
const pressedBySpace = 'button, a[href], summary, input, [role="button"], [role="option"], [role^="menuitem"]';
/** Widgets that move within themselves by arrows, Home, End and letters. */
const moved =
  'input, [role="slider"], [role^="menu"], [role="listbox"], [role="tablist"], [role="radiogroup"], [role="grid"], [role="tree"]';
const movement = /^(shift\+)?(Arrow\w+|Home|End|PageUp|PageDown)$/;

function isTaken(target: Element, key: Key): boolean {
  // An open menu is moved in by arrows and letters, and closed by Escape.
  if (target.closest('[role="menu"]') !== null) return true;
  if (key === 'Space' || key === 'Enter') return target.matches(pressedBySpace);
  return movement.test(key) && target.closest(moved) !== null;
}

/**
 * Runs commands by their keys: those pressed within the studio, and where it is the whole page (`ownsPage`) also those pressed while
 * nothing has the focus. A key keeps its meaning in fields, on buttons, in widgets that move by it; an open dialog keeps all to itself.
 */
export function useCommandKeys(registry: CommandRegistry, root: RefObject<HTMLElement | null>, ownsPage: boolean): void {
  useEffect(() => {
    const apple = hasAppleKeys(navigator.platform);
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      const key = keyOf(event, apple);
      if (key === undefined || event.defaultPrevented || event.isComposing || !(target instanceof Element) || root.current === null) return;
      const within = root.current.contains(target);
      if (!within && !(ownsPage && target === document.body)) return;
      if (root.current.querySelector('dialog:modal') !== null || isTaken(target, key)) return;
      const command = registry.commandOf(key, target.matches(fields));
      if (command === undefined) return;
      event.preventDefault();
      registry.run(command);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [registry, root, ownsPage]);
}
