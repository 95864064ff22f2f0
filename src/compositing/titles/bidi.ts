/** Directions of a paragraph and the order in which its parts stand on a line (UAX #9). */
import bidiFactory from 'bidi-js';

const bidi = bidiFactory();

export interface Directions {
  /** Of each UTF-16 unit; odd where letters go from right to left. */
  readonly levels: Uint8Array;
  /** Whether the paragraph begins at the right: its first letter with a direction says so. */
  readonly fromRight: boolean;
}

/** @param paragraph without breaks in it */
export function directionsOf(paragraph: string): Directions {
  const { levels, paragraphs } = bidi.getEmbeddingLevels(paragraph, 'auto');
  return { levels, fromRight: paragraphs.length > 0 && paragraphs[0].level % 2 === 1 };
}

/** Parts of a line, given in the order of reading, in the order from left to right (rule L2). */
export function visualOrder<Part extends { readonly level: number }>(parts: readonly Part[]): readonly Part[] {
  const ordered = [...parts];
  const highest = Math.max(0, ...parts.map(({ level }) => level));
  for (let level = highest; level > 0; level--) {
    for (let from = 0; from < ordered.length; from++) {
      if (ordered[from].level < level) continue;
      let to = from;
      while (to < ordered.length && ordered[to].level >= level) to++;
      ordered.splice(from, to - from, ...ordered.slice(from, to).reverse());
      from = to;
    }
  }
  return ordered;
}
