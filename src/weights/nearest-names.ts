/** Characters of a name that are compared: names that say something are shorter. */
const compared = 160;

/**
 * The known names that a wrong one most likely means: fewest insertions, deletions and replacements of a character away
 * (Levenshtein distance), at most half of its length.
 */
export function nearestNames(name: string, known: Iterable<string>, count = 1): string[] {
  const wanted = name.slice(0, compared);
  return [...known]
    .map((other) => ({ other, distance: editDistance(wanted, other.slice(0, compared)) }))
    .filter(({ distance }) => distance <= Math.ceil(wanted.length / 2))
    .sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
    .slice(0, count)
    .map(({ other }) => other);
}

function editDistance(a: string, b: string): number {
  let row = Uint16Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = new Uint16Array(b.length + 1);
    next[0] = i;
    for (let k = 1; k <= b.length; k++) {
      next[k] = Math.min(next[k - 1] + 1, row[k] + 1, row[k - 1] + (a[i - 1] === b[k - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
