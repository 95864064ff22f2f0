const bare = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/**
 * How well a title answers what was typed, higher is better; undefined where it does not. Every typed word must be found: at the start
 * of a word of the title best, within one less, its letters spread over the title least. Accents do not count.
 */
export function matchTitle(typed: string, title: string): number | undefined {
  const wanted = bare(typed).split(/\s+/).filter(Boolean);
  const within = bare(title);
  let score = 0;
  for (const word of wanted) {
    const at = within.indexOf(word);
    if (at === 0) score += 4;
    else if (at > 0 && /[^\p{L}\p{N}]/u.test(within[at - 1])) score += 3;
    else if (at > 0) score += 2;
    else if (isSpread(word, within)) score += 1;
    else return undefined;
  }
  return score;
}

function isSpread(letters: string, text: string): boolean {
  let from = 0;
  for (const letter of letters) {
    const at = text.indexOf(letter, from);
    if (at === -1) return false;
    from = at + 1;
  }
  return true;
}
