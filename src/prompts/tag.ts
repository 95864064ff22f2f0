import type { Lexicon, TimeOrder } from './lexicons';
import type { Token } from './tokens';

/** What a word, or a phrase of several, is in its sentence. */
export type Tag =
  | 'camera'
  | 'style'
  | 'setting'
  | 'time'
  | 'relation'
  | 'direction'
  | 'determiner'
  | 'pronoun'
  | 'auxiliary'
  | 'filler'
  | 'number'
  | 'adjective'
  | 'noun'
  | 'verb'
  | 'adverb'
  | 'mark';

export interface Tagged extends Token {
  readonly tag: Tag;
  readonly order?: TimeOrder;
  /** Whether the lexicon has the word, rather than its place in the sentence saying what it is. */
  readonly known: boolean;
}

/** Longest phrase that is looked for, in words. */
const longest = 6;

/** Tags every word: phrases first, the longest at each place, then words by the lexicon, then what is left by its place and ending. */
export function tagged(tokens: readonly Token[], lexicon: Lexicon): Tagged[] {
  const first: (Tagged | Token)[] = [];
  for (let at = 0; at < tokens.length;) {
    const phrase = phraseAt(tokens, at, lexicon);
    if (phrase === undefined) {
      first.push(tokens[at]);
      at++;
      continue;
    }
    const { count, tag, order } = phrase;
    const last = tokens[at + count - 1];
    first.push({
      text: textOf(tokens.slice(at, at + count)),
      ...{ start: tokens[at].start, end: last.end, isMark: false, tag, known: true },
      ...(order === undefined ? {} : { order }),
    });
    at += count;
  }
  const result: Tagged[] = [];
  for (const [at, token] of first.entries()) result.push('tag' in token ? token : wordAt(first, at, token, result, lexicon));
  return result;
}

const textOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join(' ');

function phraseAt(
  tokens: readonly Token[],
  at: number,
  lexicon: Lexicon,
): { readonly count: number; readonly tag: Tag; readonly order?: TimeOrder } | undefined {
  for (let count = Math.min(longest, tokens.length - at); count > 0; count--) {
    const part = tokens.slice(at, at + count);
    if (part.some(({ isMark }) => isMark)) continue;
    const text = textOf(part);
    if (lexicon.cameras.has(text)) return { count, tag: 'camera' };
    if (lexicon.settings.has(text)) return { count, tag: 'setting' };
    if (lexicon.styles.has(text)) return { count, tag: 'style' };
    const order = lexicon.times.get(text);
    if (order !== undefined) return { count, tag: 'time', order };
    // Of one word a direction may be a relation too: that depends on what follows.
    if (count > 1 && lexicon.directions.has(text)) return { count, tag: 'direction' };
    if (count > 1 && lexicon.relations.has(text)) return { count, tag: 'relation' };
  }
  return undefined;
}

type Neighbour = Token | Tagged | undefined;

function wordAt(all: readonly (Token | Tagged)[], at: number, token: Token, before: readonly Tagged[], lexicon: Lexicon): Tagged {
  const of = (tag: Tag, known = true): Tagged => ({ ...token, tag, known });
  if (token.isMark) return of('mark');
  const { text } = token;
  const previous = before.at(-1);
  const next = all[at + 1];
  const startsNoun = nounMayFollow(next, lexicon);
  const afterDeterminer = previous !== undefined && ['determiner', 'adjective', 'number'].includes(previous.tag);
  const afterNoun = previous?.tag === 'noun' || previous?.tag === 'pronoun';
  // A German pronoun may be an article's twin; one before a noun is an article.
  if (lexicon.determiners.has(text)) return of('determiner');
  if (lexicon.pronouns.has(text)) return of('pronoun');
  if (lexicon.auxiliaries.has(text)) return of('auxiliary');
  if (lexicon.directions.has(text) && lexicon.relations.has(text)) return of(startsNoun ? 'relation' : 'direction');
  if (lexicon.directions.has(text) && !afterDeterminer) return of('direction');
  if (lexicon.relations.has(text)) return of('relation');
  if (lexicon.fillers.has(text)) return of('filler');
  if (lexicon.numbers.has(text) || /^\d+$/.test(text)) return of('number');
  const isNoun = lexicon.nouns.has(text);
  const isVerb = lexicon.verbs.has(text);
  if (lexicon.adjectives.has(text)) {
    // A colour may be a thing: an orange. It is, where a determiner stands before it and nothing that could be its noun follows.
    const alone = (previous?.tag === 'determiner' || previous?.tag === 'relation') && !startsNoun && !continues(next, lexicon);
    if (alone && !lexicon.adjectivesFollow) return of('noun');
    // An uninflected adjective behind a verb says how: a German adverb has no ending of its own.
    if (lexicon.language === 'de' && previous?.tag === 'verb' && !startsNoun) return of('adverb');
    if (!(isVerb && afterNoun && !lexicon.adjectivesFollow)) return of('adjective');
  }
  if (isVerb && isParticiple(text, lexicon) && afterDeterminer && wordFollows(next, lexicon)) return of('adjective');
  if (lexicon.eitherVerbOrNoun.has(text)) return of(afterNoun || (isVerb && mayPrecedeVerb(previous)) ? 'verb' : 'noun');
  if (isVerb && !(isNoun && !afterNoun))
    return of(afterDeterminer && !isParticiple(text, lexicon) && !lexicon.adjectivesFollow ? 'noun' : 'verb');
  if (isNoun) return of('noun');
  if (lexicon.adverbs.has(text) || (lexicon.adverbEnding.test(text) && !afterDeterminer)) return of('adverb');
  // Nothing is known of the word but where it stands.
  if (lexicon.adjectivesFollow) {
    if (previous?.tag === 'noun' && lexicon.adjectiveEnding.test(text)) return of('adjective', false);
    if (afterNoun && lexicon.verbEnding.test(text)) return of('verb', false);
    return of('noun', false);
  }
  if (afterDeterminer && lexicon.adjectiveEnding.test(text) && wordFollows(next, lexicon)) return of('adjective', false);
  if (
    (afterNoun || previous?.tag === 'auxiliary' || previous?.tag === 'adverb') &&
    lexicon.verbEnding.test(text) &&
    !startsLikeNoun(previous, text)
  ) {
    return of('verb', false);
  }
  return of('noun', false);
}

/** Whether more adjectives follow, joined by a word or mark. */
function continues(next: Neighbour, lexicon: Lexicon): boolean {
  return next !== undefined && (next.isMark ? next.text === ',' : lexicon.fillers.has(next.text) || lexicon.adverbs.has(next.text));
}

/** Words behind which a verb may stand: she slowly turns, runs and jumps, is falling. */
const mayPrecedeVerb = (previous: Tagged | undefined): boolean =>
  previous?.tag === 'adverb' || previous?.tag === 'auxiliary' || (previous?.tag === 'filler' && /^(and|et|y|e|und)$/.test(previous.text));

/** Whether what follows may be a noun, or begin one with a determiner or adjective. */
function nounMayFollow(next: Neighbour, lexicon: Lexicon): boolean {
  if (next === undefined || next.isMark) return false;
  if ('tag' in next) return false;
  const { text } = next;
  if (lexicon.determiners.has(text) || lexicon.adjectives.has(text) || lexicon.nouns.has(text) || lexicon.numbers.has(text)) return true;
  return isPlainWord(next, lexicon);
}

/** Whether a word follows that can be a noun. */
function wordFollows(next: Neighbour, lexicon: Lexicon): boolean {
  if (next === undefined || next.isMark || 'tag' in next) return false;
  return (
    lexicon.nouns.has(next.text) ||
    lexicon.adjectives.has(next.text) ||
    isPlainWord(next, lexicon) ||
    lexicon.eitherVerbOrNoun.has(next.text)
  );
}

/** A word that no list has but perhaps that of nouns. */
function isPlainWord(next: Neighbour, lexicon: Lexicon): boolean {
  if (next === undefined || next.isMark || 'tag' in next) return false;
  const { text } = next;
  const lists = [
    lexicon.determiners,
    lexicon.pronouns,
    lexicon.auxiliaries,
    lexicon.fillers,
    lexicon.adverbs,
    lexicon.verbs,
    lexicon.relations,
  ];
  return (
    !lists.some((list) => list.has(text)) && !lexicon.directions.has(text) && !lexicon.times.has(text) && !lexicon.adverbEnding.test(text)
  );
}

const isParticiple = (text: string, { language }: Lexicon): boolean =>
  language === 'en'
    ? /(ing|ed|en)$/.test(text)
    : language === 'de'
      ? /end(e|er|es|en)?$/.test(text)
      : /(ant|ante|é|ée|és|ées|ado|ada|ados|adas)$/.test(text);

/** A plural after a noun that is an adjunct: `soap bubbles`. A singular noun with a determiner before it takes a verb in -s instead. */
function startsLikeNoun(previous: Tagged | undefined, text: string): boolean {
  return previous?.tag === 'noun' && !previous.known && /[^s]s$/.test(text) && !/(es|ies)$/.test(text) && /s$/.test(previous.text);
}
