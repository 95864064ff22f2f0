import type { Language } from './lexicons';
import type { PartKind, Understanding } from './understand';
import type { ModelVocabulary } from './vocabulary';

/** What was added to a prompt, and where it stands in the new one. */
export interface Addition {
  readonly kind: Extract<PartKind, 'motion' | 'setting' | 'camera' | 'style' | 'attribute'>;
  readonly words: string;
  readonly start: number;
  readonly end: number;
}

export interface EnhancedPrompt {
  readonly prompt: string;
  readonly additions: readonly Addition[];
}

type Additions = Readonly<Record<'motion' | 'setting' | 'camera' | 'style', readonly string[]>>;

/** What suits almost any prompt: one of each is taken, by the prompt itself, so that the same prompt gives the same words. */
export const usualAdditions: Readonly<Record<Language, Additions>> = {
  en: {
    motion: ['moving gently', 'slowly turning', 'swaying softly'],
    setting: ['at golden hour', 'in the morning', 'at dusk'],
    camera: ['slow push-in', 'static shot', 'tracking shot'],
    style: ['cinematic', 'soft lighting', 'highly detailed'],
  },
  fr: {
    motion: ['qui bouge doucement', 'qui tourne lentement'],
    setting: ['à l’aube', 'au coucher du soleil'],
    camera: ['plan fixe', 'travelling avant'],
    style: ['cinématographique', 'réaliste'],
  },
  es: {
    motion: ['moviéndose suavemente', 'girando lentamente'],
    setting: ['al amanecer', 'al atardecer'],
    camera: ['plano fijo', 'travelling'],
    style: ['cinematográfico', 'realista'],
  },
  de: {
    motion: ['bewegt sich sanft', 'dreht sich langsam'],
    setting: ['im Morgengrauen', 'bei Sonnenuntergang'],
    camera: ['Kamerafahrt', 'statische Kamera'],
    style: ['filmisch', 'fotorealistisch'],
  },
};

/**
 * A fuller prompt: what was said stays word for word, and what a model would otherwise make up is added: a motion, a time of day, a camera,
 * a style, each only where the prompt has none. For a model of few words, only what it has seen. By rules, so that the same prompt gives the
 * same words; what was added is told.
 */
export function enhancePrompt(understanding: Understanding, vocabulary?: ModelVocabulary): EnhancedPrompt {
  const { parts, language } = understanding;
  const has = (kind: PartKind): boolean => parts.some((part) => part.kind === kind);
  const from: Partial<Additions> =
    vocabulary === undefined
      ? usualAdditions[language]
      : { motion: vocabulary.instead.motion ?? [], setting: vocabulary.instead.setting ?? [] };
  let prompt = understanding.prompt.replace(/[\s.,;]+$/, '');
  const turn = [...prompt].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973, 7);
  const additions: Addition[] = [];
  const insert = (kind: Addition['kind'], words: string, at: number, join: string): void => {
    const start = at + join.length;
    prompt = `${prompt.slice(0, at)}${join}${words}${prompt.slice(at)}`;
    const shift = join.length + words.length;
    for (const [index, other] of additions.entries()) {
      if (other.start >= at) additions[index] = { ...other, start: other.start + shift, end: other.end + shift };
    }
    additions.push({ kind, words, start, end: start + words.length });
  };
  const entity = parts.find(({ kind }) => kind === 'entity');
  for (const kind of ['motion', 'setting', 'camera', 'style'] as const) {
    const options = from[kind] ?? [];
    if (has(kind) || options.length === 0) continue;
    const words = options[turn % options.length];
    // What moves is said beside it; the rest stands at the end.
    if (kind === 'motion') {
      if (entity !== undefined) insert(kind, words, entity.end, ' ');
    } else insert(kind, words, prompt.length, kind === 'setting' ? ' ' : ', ');
  }
  return { prompt, additions: additions.toSorted((a, b) => a.start - b.start) };
}
