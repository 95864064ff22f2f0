/** Words and phrases of a language, as far as prompts use them. All in lower case; phrases have single spaces. */
export interface Lexicon {
  readonly language: Language;
  readonly determiners: ReadonlySet<string>;
  readonly pronouns: ReadonlySet<string>;
  /** Forms of to be and to have, and words that a verb follows. */
  readonly auxiliaries: ReadonlySet<string>;
  /** Words that join or fill, and say nothing by themselves. */
  readonly fillers: ReadonlySet<string>;
  readonly adjectives: ReadonlySet<string>;
  readonly nouns: ReadonlySet<string>;
  /** All forms that are verbs wherever they stand. */
  readonly verbs: ReadonlySet<string>;
  /** Forms that are a verb after a noun and a noun after a determiner: a walk, she walks. */
  readonly eitherVerbOrNoun: ReadonlySet<string>;
  /** Adverbs; they say how something moves. */
  readonly adverbs: ReadonlySet<string>;
  readonly numbers: ReadonlySet<string>;
  /** What follows a verb and says where to: part of the motion. */
  readonly directions: Phrases;
  readonly relations: Phrases;
  readonly times: ReadonlyMap<string, TimeOrder>;
  readonly cameras: Phrases;
  readonly styles: Phrases;
  readonly settings: Phrases;
  /** Whether adjectives usually follow their noun. */
  readonly adjectivesFollow: boolean;
  /** Whether an unknown word after a noun is a verb by its ending. */
  readonly verbEnding: RegExp;
  /** Whether an unknown word before a noun is an adjective by its ending. */
  readonly adjectiveEnding: RegExp;
  readonly adverbEnding: RegExp;
}

export const languages = ['en', 'fr', 'es', 'de'] as const;
export type Language = (typeof languages)[number];

/** How what follows stands to what came before. */
export type TimeOrder = 'first' | 'next' | 'during' | 'before' | 'after' | 'last';

export type Phrases = ReadonlySet<string>;

/** The words of a text, by spaces; for lists that read well in a file. */
export const words = (...texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => text.split(/\s+/)).filter(Boolean));

/** The phrases of a text, by commas. */
export const phrases = (...texts: readonly string[]): Phrases =>
  new Set(
    texts
      .flatMap((text) => text.split(','))
      .map((phrase) => phrase.trim())
      .filter(Boolean),
  );

/** Forms that a list of stems takes with a list of endings. */
export const forms = (stems: string, endings: readonly string[]): string[] =>
  stems
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((stem) => endings.map((ending) => stem + ending));

export const orders = (groups: Readonly<Partial<Record<TimeOrder, string>>>): ReadonlyMap<string, TimeOrder> =>
  new Map(
    (['first', 'next', 'during', 'before', 'after', 'last'] as const).flatMap((order) =>
      [...phrases(groups[order] ?? '')].map((phrase) => [phrase, order] as const),
    ),
  );
