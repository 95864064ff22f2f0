import { AiprodError } from '../errors';

/** Lists that `__name__` in a prompt draws from, by name. */
export type WildcardLists = Readonly<Record<string, readonly string[]>>;

/** Lists may name other lists, to this depth: a list that names itself would never end. */
const deepest = 10;

/** Whether a prompt draws anything: without a choice every seed gives the same words. */
export function hasWildcards(template: string): boolean {
  return /(?<!\\)\{[^{}]*\|/.test(template) || listName.test(template);
}

const listName = /__([\p{L}\p{N}-]+(?:_[\p{L}\p{N}-]+)*)__/u;

/**
 * The prompt that a seed draws from a template: of `{red|blue|2::green}` one alternative, twice as likely where a weight says so, of
 * `__color__` one line of the list of that name. Alternatives may hold choices of their own. `\{`, `\|` and `\}` are the characters
 * themselves. The same template, lists and seed give the same words everywhere.
 *
 * @throws AiprodError `bad-input` for a brace without its other half, a list that is not known or is empty, or lists that name each other
 */
export function expandPrompt(template: string, seed: number, lists: WildcardLists = {}): string {
  return tidy(new Expansion(template, draws(seed), lists, 0).whole());
}

class Expansion {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly draw: () => number,
    private readonly lists: WildcardLists,
    private readonly depth: number,
  ) {}

  whole(): string {
    const words = this.run('');
    if (this.at < this.text.length) throw this.unbalanced('a closing brace without an opening one');
    return words;
  }

  /** Reads until one of the characters that end it, which is left unread. */
  private run(ends: string): string {
    let words = '';
    while (this.at < this.text.length) {
      const character = this.text[this.at];
      if (character === '\\' && '{|}'.includes(this.text[this.at + 1] ?? ' ')) {
        words += this.text[this.at + 1];
        this.at += 2;
      } else if (ends.includes(character) && ends !== '') return words;
      else if (character === '{') words += this.choice();
      else if (character === '}') return words;
      else words += this.listOr(character);
    }
    return words;
  }

  private choice(): string {
    this.at++;
    const options: { readonly words: string; readonly weight: number }[] = [];
    for (;;) {
      const weight = /^\s*(\d+(?:\.\d+)?)::/.exec(this.text.slice(this.at));
      if (weight !== null) this.at += weight[0].length;
      // Every alternative is read, and draws, so that what follows does not depend on which one is taken.
      options.push({ words: this.run('|}'), weight: weight === null ? 1 : Number(weight[1]) });
      const end = this.text[this.at++];
      if (end === '}') break;
      if (end !== '|') throw this.unbalanced('an opening brace without a closing one');
    }
    const total = options.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.draw() * total;
    return (options.find(({ weight }) => (left -= weight) < 0) ?? options[options.length - 1]).words;
  }

  private listOr(character: string): string {
    const match = character === '_' ? listName.exec(this.text.slice(this.at)) : null;
    if (match === null || match.index !== 0) {
      this.at++;
      return character;
    }
    const [whole, name] = match;
    this.at += whole.length;
    const lines = Object.hasOwn(this.lists, name) ? this.lists[name] : undefined;
    if (lines === undefined || lines.length === 0) {
      const known = Object.keys(this.lists).map((list) => `__${list}__`);
      throw new AiprodError('bad-input', lines === undefined ? `there is no list ${whole}` : `the list ${whole} is empty`, {
        expected: known.join(', ') || 'a list of that name',
        found: whole,
      });
    }
    if (this.depth >= deepest) throw new AiprodError('bad-input', 'the lists of the prompt name each other without end', { found: whole });
    const line = lines[Math.floor(this.draw() * lines.length)];
    return new Expansion(line, this.draw, this.lists, this.depth + 1).whole();
  }

  private unbalanced(found: string): AiprodError {
    return new AiprodError('bad-input', 'the braces of the prompt do not match', {
      expected: '{one|another}, or \\{ for the character',
      found,
    });
  }
}

/** What an empty alternative leaves behind: spaces in a row, and before a comma. */
const tidy = (words: string): string =>
  words
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/[ \t]+([,.;:!?])/g, '$1')
    .trim();

/** Numbers from 0 up to 1, by the mixing steps of SplitMix32; a seed has up to 53 bits. */
function draws(seed: number): () => number {
  let state = (Math.imul(Math.floor(seed / 2 ** 32) + 1, 0x9e3779b1) ^ (seed >>> 0)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
