/** A word of a prompt, or a mark that ends a clause. */
export interface Token {
  /** In lower case, apostrophes straight. */
  readonly text: string;
  /** Characters of the prompt, the end not included. */
  readonly start: number;
  readonly end: number;
  readonly isMark: boolean;
}

/**
 * Words with their places. French and Italian elisions stand apart (`l'`, `arbre`), an English possessive ending is left out, hyphens
 * stay inside words.
 */
export function tokensOf(prompt: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /(\p{L}{1,2}['’](?=\p{L}{2}))|(\p{L}+['’]s(?!\p{L}))|([\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*)|([.,;:!?…\n])/gu;
  for (const match of prompt.matchAll(pattern)) {
    const [whole, , possessive, , mark] = match;
    const length = possessive === undefined ? whole.length : whole.length - 2;
    tokens.push({
      text: whole.slice(0, length).toLowerCase().replace(/’/g, "'"),
      start: match.index,
      end: match.index + length,
      isMark: mark !== undefined,
    });
  }
  return tokens;
}
