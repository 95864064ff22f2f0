import { usualAdditions } from './enhance';
import type { Language } from './lexicons';
import type { PartKind } from './understand';
import type { ModelVocabulary } from './vocabulary';

const colours: Readonly<Record<Language, readonly string[]>> = {
  en: ['red', 'blue', 'green', 'golden', 'tiny', 'huge'],
  fr: ['rouge', 'bleu', 'vert', 'doré', 'petit', 'énorme'],
  es: ['rojo', 'azul', 'verde', 'dorado', 'pequeño', 'enorme'],
  de: ['rot', 'blau', 'grün', 'golden', 'klein', 'riesig'],
};

const places: Readonly<Record<Language, readonly string[]>> = {
  en: ['on', 'above', 'under', 'behind', 'in front of', 'next to'],
  fr: ['sur', 'au-dessus de', 'sous', 'derrière', 'devant', 'à côté de'],
  es: ['sobre', 'encima de', 'debajo de', 'detrás de', 'delante de', 'junto a'],
  de: ['auf', 'über', 'unter', 'hinter', 'vor', 'neben'],
};

/** Words that may stand in the place of a part: what a model of few words has seen, else some that suit most prompts. */
export function alternativesTo(kind: PartKind, language: Language, vocabulary?: ModelVocabulary): readonly string[] {
  switch (kind) {
    case 'relation':
      return places[language];
    case 'time':
      return [];
    case 'entity':
      return vocabulary?.instead.entity ?? [];
    case 'attribute':
      return vocabulary?.instead.attribute ?? colours[language];
    default:
      return vocabulary?.instead[kind] ?? usualAdditions[language][kind];
  }
}
