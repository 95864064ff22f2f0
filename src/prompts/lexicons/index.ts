import { english } from './english';
import { french } from './french';
import { german } from './german';
import { languages, type Language, type Lexicon } from './lexicon';
import { spanish } from './spanish';

export const lexicons: Readonly<Record<Language, Lexicon>> = { en: english, fr: french, es: spanish, de: german };
export { languages, type Language, type Lexicon, type TimeOrder } from './lexicon';

/** Little words that hardly another language has. */
const tellTale: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: new Set(['the', 'and', 'of', 'with', 'at', 'by', 'is', 'while', 'then', 'through', 'his', 'her']),
  fr: new Set(['le', 'les', 'une', 'et', 'dans', 'sur', 'du', 'au', 'qui', "l'", 'puis', 'avec', 'des', 'vers']),
  es: new Set(['el', 'los', 'una', 'y', 'del', 'al', 'que', 'con', 'sobre', 'mientras', 'hacia', 'por', 'las']),
  de: new Set(['der', 'die', 'das', 'ein', 'eine', 'und', 'auf', 'mit', 'im', 'dem', 'den', 'einem', 'einer', 'über', 'dann']),
};

/** The language that most of the words are of; English where they say nothing. */
export function languageOf(found: readonly string[]): Language {
  const score = (language: Language): number => {
    const { determiners, adjectives, nouns, verbs } = lexicons[language];
    const known = found.filter((word) => determiners.has(word) || adjectives.has(word) || nouns.has(word) || verbs.has(word)).length;
    return known + 2 * found.filter((word) => tellTale[language].has(word)).length;
  };
  return languages.reduce((best, language) => (score(language) > score(best) ? language : best));
}
