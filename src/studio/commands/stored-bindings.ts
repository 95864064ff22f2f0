import { z } from 'zod';
import { isCommandId } from './declarations';
import type { KeyBindings } from './registry';

const storageKey = 'aiprod-keys';
const stored = z.record(z.string(), z.array(z.string()));

/** The keys this browser was last given; those of commands that are no more are left out. */
export function storedBindings(): KeyBindings {
  try {
    const parsed = stored.safeParse(JSON.parse(localStorage.getItem(storageKey) ?? '{}'));
    return parsed.success ? Object.fromEntries(Object.entries(parsed.data).filter(([id]) => isCommandId(id))) : {};
  } catch {
    // Closed storage, or something that is no JSON: the declared keys work.
    return {};
  }
}

export function storeBindings(bindings: KeyBindings): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify(bindings));
  } catch {
    // A browser that keeps nothing still uses the keys until the tab closes.
  }
}
