import { z } from 'zod';
import type { WildcardLists } from '../../prompts/web';

/** Document of the storage that keeps the lists. */
export const wildcardsDocument = 'wildcards';

/** Names are letters, digits, hyphens and underscores: what can stand between `__` and `__`. */
export const wildcardName = /^[\p{L}\p{N}-]+(_[\p{L}\p{N}-]+)*$/u;

const schema = z.record(z.string().regex(wildcardName).max(100), z.array(z.string().max(1000)).max(10_000));

/** Lists of a first visit: what the built-in model can draw. */
export const defaultWildcards: WildcardLists = {
  color: ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'white'],
  shape: ['ball', 'square', 'triangle', 'star', 'heart', 'ring'],
  motion: ['moving to the left', 'moving to the right', 'rising', 'falling', 'bouncing up and down', 'spinning in place', 'growing bigger'],
  place: ['in the sky', 'over the grass', 'over the sea'],
  time: ['by day', 'at sunset', 'at night'],
};

/** Reads kept lists; what is damaged gives way to those of a first visit. */
export function readWildcards(text: string): WildcardLists {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    console.warn(`wildcards: what was kept cannot be read: ${String(error)}`);
    return defaultWildcards;
  }
}
