import type { Language } from './lexicons';
import type { PromptPart, Understanding } from './understand';
import type { ModelVocabulary } from './vocabulary';

export const doubtKinds = ['unbound', 'contradiction', 'pronoun', 'too-many', 'too-long', 'unseen', 'no-motion'] as const;
export type DoubtKind = (typeof doubtKinds)[number];

/** A change of a prompt that would settle a doubt. */
export interface Suggestion {
  /** The words that stand there then; empty takes words away. */
  readonly words: string;
  readonly prompt: string;
}

/** Something in a prompt that may be meant in more than one way, or cannot be drawn. */
export interface Doubt {
  readonly kind: DoubtKind;
  /** Characters of the prompt, the end not included. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What it is about besides: the other word of a contradiction, a number of things. */
  readonly other?: string;
  readonly most?: number;
  readonly suggestions: readonly Suggestion[];
}

/** Words that cannot both be true of one thing at one time, by language. */
const opposites: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  en: pairs(
    'small tiny little/big large huge giant enormous; old/young new; fast quick/slow; dark/bright; empty/full crowded; wet/dry; hot/cold; happy/sad',
  ),
  fr: pairs(
    'petit petite minuscule/grand grande énorme géant géante; vieux vieille/jeune nouveau nouvelle; rapide/lent lente; chaud chaude/froid froide; vide/bondée',
  ),
  es: pairs(
    'pequeño pequeña diminuto diminuta/grande enorme gigante; viejo vieja/joven nuevo nueva; rápido rápida/lento lenta; caliente/frío fría',
  ),
  de: pairs(
    'klein kleiner kleine kleines/groß großer große großes riesig; alt alter alte altes/jung junger junge neu neuer neue; schnell schneller/langsam langsamer',
  ),
};

const colours: Readonly<Record<Language, RegExp>> = {
  en: /^(red|orange|yellow|green|blue|purple|pink|white|black|gr[ae]y|brown|violet|turquoise|crimson|golden|silver)$/,
  fr: /^(rouges?|oranges?|jaunes?|verte?s?|bleue?s?|violette?s?|roses?|blanche?s?|blancs?|noire?s?|grise?s?|marron)$/,
  es: /^(roj[oa]s?|naranjas?|amarill[oa]s?|verdes?|azul(es)?|morad[oa]s?|rosas?|blanc[oa]s?|negr[oa]s?|gris(es)?)$/,
  de: /^(rot|gelb|grün|blau|weiß|schwarz|grau|braun|violett|lila|rosa|orange)(e[rsnm]?)?$/,
};

const times: Readonly<Record<Language, readonly (readonly [string, RegExp])[]>> = {
  en: [
    ['night', /night|midnight|moonlight/],
    ['day', /\bday|noon|sunlight|sunshine|morning|afternoon/],
    ['sunset', /sunset|dusk|twilight/],
    ['sunrise', /sunrise|dawn/],
  ],
  fr: [
    ['nuit', /nuit|minuit|lune/],
    ['jour', /jour|midi|matin/],
    ['coucher', /coucher|crépuscule/],
    ['lever', /lever|aube/],
  ],
  es: [
    ['noche', /noche|medianoche|luna/],
    ['día', /día|mediodía|mañana/],
    ['atardecer', /atardecer|anochecer/],
    ['amanecer', /amanecer/],
  ],
  de: [
    ['Nacht', /nacht|mitternacht|mond/],
    ['Tag', /\btag|mittag|morgen(?!grauen)/],
    ['Sonnenuntergang', /sonnenuntergang|dämmerung/],
    ['Sonnenaufgang', /sonnenaufgang|morgengrauen/],
  ],
};

/** More than this in one clip and models begin to mix them up. */
const usualMost = { entities: 6, moments: 4 } as const;

/** What is in doubt in a prompt, in its order, each with ways out. */
export function doubtsOf(understanding: Understanding, vocabulary?: ModelVocabulary): Doubt[] {
  const doubts = [
    ...unbound(understanding),
    ...contradictions(understanding),
    ...pronounDoubts(understanding),
    ...tooMuch(understanding, vocabulary),
    ...unseen(understanding, vocabulary),
    ...still(understanding, vocabulary),
  ];
  return doubts.toSorted((a, b) => a.start - b.start);
}

/** A prompt with other words at one place, spaces tidy. */
export function replaced(prompt: string, start: number, end: number, words: string): string {
  return `${prompt.slice(0, start)}${words}${prompt.slice(end)}`
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/\s+([,.;])/g, '$1')
    .replace(/^[\s,;]+/, '')
    .trim();
}

function suggest({ prompt }: Understanding, { start, end }: Pick<PromptPart, 'start' | 'end'>, options: readonly string[]): Suggestion[] {
  return options.map((words) => ({ words, prompt: replaced(prompt, start, end, words) }));
}

function doubt(
  kind: DoubtKind,
  { start, end }: Pick<PromptPart, 'start' | 'end'>,
  { prompt }: Understanding,
  more: Omit<Doubt, 'kind' | 'start' | 'end' | 'text'>,
): Doubt {
  return { kind, start, end, text: prompt.slice(start, end), ...more };
}

const entitiesOf = ({ parts }: Understanding): PromptPart[] => parts.filter(({ kind }) => kind === 'entity');
const lower = ({ text }: Pick<PromptPart, 'text'>): string => text.toLowerCase();

/** Attributes of nothing: `red and shiny`. */
function unbound(understanding: Understanding): Doubt[] {
  const [first] = entitiesOf(understanding);
  return understanding.parts
    .filter(({ kind, of }) => kind === 'attribute' && of === undefined)
    .map((part) => {
      const things = first === undefined ? ['ball', 'flower', 'car'] : [first.text];
      const options = understanding.language === 'en' || first !== undefined ? things.map((thing) => `${part.text} ${thing}`) : [];
      return doubt('unbound', part, understanding, {
        suggestions: [...suggest(understanding, part, options), ...suggest(understanding, part, [''])],
      });
    });
}

function contradictions(understanding: Understanding): Doubt[] {
  const { parts, language, prompt } = understanding;
  const found: Doubt[] = [];
  const add = (a: PromptPart, b: PromptPart): void => {
    // Either word alone is a way out.
    const suggestions = [
      { words: a.text, prompt: replaced(prompt, b.start, b.end, '') },
      { words: b.text, prompt: replaced(prompt, a.start, a.end, '') },
    ];
    found.push(doubt('contradiction', b, understanding, { other: a.text, suggestions }));
  };
  for (const entity of entitiesOf(understanding)) {
    const own = parts.filter(({ kind, of }) => kind === 'attribute' && of === entity.id);
    for (const [at, a] of own.entries()) {
      for (const b of own.slice(at + 1)) {
        const between = prompt.slice(a.end, b.start);
        // Of alternatives only one will stand there.
        if (between.includes('|')) continue;
        const joined = /\b(and|et|y|e|und)\b|,/.test(between);
        const twoColours = colours[language].test(lower(a)) && colours[language].test(lower(b)) && !joined;
        if (twoColours || opposite(language, lower(a), lower(b))) add(a, b);
      }
    }
  }
  const settings = parts.filter(({ kind }) => kind === 'setting').map((part) => ({ part, hour: hourOf(language, lower(part)) }));
  for (const [at, a] of settings.entries()) {
    for (const b of settings.slice(at + 1)) {
      // Hours may follow each other where the prompt says so.
      const between = parts.some(({ kind, start }) => kind === 'time' && start > a.part.start && start < b.part.start);
      if (a.hour !== undefined && b.hour !== undefined && a.hour !== b.hour && !between) add(a.part, b.part);
    }
  }
  return found;
}

const hourOf = (language: Language, text: string): string | undefined => times[language].find(([, pattern]) => pattern.test(text))?.[0];

function opposite(language: Language, a: string, b: string): boolean {
  return opposites[language].some(([left, right]) => {
    const [these, those] = [left.split(' '), right.split(' ')];
    return (these.includes(a) && those.includes(b)) || (these.includes(b) && those.includes(a));
  });
}

function pairs(text: string): (readonly [string, string])[] {
  return text.split(';').map((pair) => {
    const [left = '', right = ''] = pair.trim().split('/');
    return [left, right] as const;
  });
}

/** A thing by its name; German needs its gender, which nothing here knows. */
const article: Readonly<Partial<Record<Language, (noun: string) => string>>> = {
  en: (noun) => `the ${noun}`,
  fr: (noun) => (/^[aeiouhéèêô]/i.test(noun) ? `l’${noun}` : `le ${noun}`),
  es: (noun) => (/(a|ión|dad)$/.test(noun) ? `la ${noun}` : `el ${noun}`),
};

/** Pronouns that stand for nothing that was named, or for either of two. */
function pronounDoubts(understanding: Understanding): Doubt[] {
  const { parts, pronouns, language } = understanding;
  return pronouns.flatMap(({ start, end, candidates }) => {
    const all = candidates.map((id) => parts.find((part) => part.id === id)).filter((part) => part !== undefined);
    if (all.length === 1) return [];
    const named = all.length === 0 ? entitiesOf(understanding).filter((entity) => entity.start > end) : all;
    const name = article[language];
    const options = name === undefined ? [] : named.slice(0, 3).map((part) => name(part.text));
    return [
      doubt('pronoun', { start, end }, understanding, { suggestions: suggest(understanding, { start, end }, options), most: all.length }),
    ];
  });
}

/** More things, or more moments one after another, than a model keeps apart. */
function tooMuch(understanding: Understanding, vocabulary: ModelVocabulary | undefined): Doubt[] {
  const { parts, prompt } = understanding;
  const mostEntities = vocabulary?.mostEntities ?? usualMost.entities;
  const mostMoments = vocabulary?.mostMoments ?? usualMost.moments;
  // Where something is, is no thing of its own to a model of few things.
  const places = new Set(parts.filter(({ kind }) => kind === 'relation').map(({ to }) => to));
  const things = entitiesOf(understanding).filter(({ id }) => vocabulary === undefined || !places.has(id));
  const found: Doubt[] = [];
  if (things.length > mostEntities) {
    const extra = things[mostEntities];
    const cut = prompt
      .slice(0, extra.start)
      .replace(
        /[\s,]+(and|with|et|avec|y|con|und|mit|then|puis|luego|dann|a|an|the|un|une|una|ein|eine|einen)?[\s,]*(a|an|the|un|une|una|ein|eine)?\s*$/i,
        '',
      );
    const suggestions = cut.trim() === '' ? [] : [{ words: cut, prompt: cut }];
    found.push(doubt('too-many', extra, understanding, { most: mostEntities, other: String(things.length), suggestions }));
  }
  const moments = Math.max(0, ...parts.map(({ order = 0 }) => order));
  if (moments > mostMoments) {
    const late = parts.find(({ order = 0 }) => order > mostMoments);
    const before = parts.filter(({ kind, start }) => kind === 'time' && start < (late?.start ?? 0)).at(-1);
    const cut = prompt.slice(0, before?.start ?? late?.start ?? prompt.length).replace(/[\s,.;]+$/, '');
    if (late !== undefined)
      found.push(
        doubt('too-long', late, understanding, { most: mostMoments, other: String(moments), suggestions: [{ words: cut, prompt: cut }] }),
      );
  }
  return found;
}

/** Words that the model has never seen. */
function unseen(understanding: Understanding, vocabulary: ModelVocabulary | undefined): Doubt[] {
  if (vocabulary === undefined) return [];
  return understanding.parts.flatMap((part) => {
    if (part.kind === 'relation' || part.kind === 'time') return [];
    const strange = part.text
      .toLowerCase()
      .split(/[\s'’]+/)
      .filter((word) => !vocabulary.words.has(word));
    if (strange.length === 0) return [];
    const options = vocabulary.instead[part.kind] ?? [''];
    return [
      doubt('unseen', part, understanding, { other: strange.join(' '), suggestions: suggest(understanding, part, options.slice(0, 3)) }),
    ];
  });
}

/** A clip in which nothing is said to move. */
function still(understanding: Understanding, vocabulary: ModelVocabulary | undefined): Doubt[] {
  const { parts, prompt, language } = understanding;
  const [entity] = entitiesOf(understanding);
  if (
    entity === undefined ||
    parts.some(({ kind, text }) => kind === 'motion' || (kind === 'camera' && /pan|zoom|dolly|track|travelling|fahrt/i.test(text)))
  )
    return [];
  const motions = vocabulary?.instead.motion ?? moving[language];
  const suggestions = motions.slice(0, 3).map((words) => ({ words, prompt: replaced(prompt, entity.end, entity.end, ` ${words}`) }));
  return [doubt('no-motion', entity, understanding, { suggestions })];
}

const moving: Readonly<Record<Language, readonly string[]>> = {
  en: ['slowly turning', 'moving to the left', 'swaying gently'],
  fr: ['qui tourne lentement', 'qui avance vers la gauche'],
  es: ['girando lentamente', 'avanzando hacia la izquierda'],
  de: ['dreht sich langsam', 'bewegt sich nach links'],
};
