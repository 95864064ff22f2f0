import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { jobDifference, type Generation, type JobChange } from '../../project';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';

const named = [
  ...(['prompt', 'negativePrompt', 'model', 'pipeline', 'seed', 'width', 'height', 'frames', 'frameRate', 'steps'] as const),
  ...(['guidanceScale', 'loras', 'conditions', 'video', 'audio', 'strength'] as const),
];
type Named = (typeof named)[number];
const isNamed = (field: string): field is Named => named.some((known) => known === field);

/** Changes that are told; the others are counted. */
const mostChanges = 3;
/** Longest value that is told in full. */
const longestValue = 24;

/** What changed from the generation whose settings one began from, in words. */
export function useChangeWords(generation: Generation): string {
  const t = useTranslations('history');
  const units = useUnits();
  const parent = useStudio((state) => state.project.generations.find(({ id }) => id === generation.parent));
  return useMemo(() => {
    if (parent === undefined) return t('fromNothing');
    const changes = jobDifference(parent.recipe.job, generation.recipe.job);
    if (changes.length === 0) return t('same');
    const fieldOf = (field: string): string => (isNamed(field) ? t(`fields.${field}`) : t('fields.other', { name: field }));
    const short = (value: string): string => (value.length > longestValue ? `${value.slice(0, longestValue)}…` : value);
    const wordsOf = ({ field, before, after, words }: JobChange): string => {
      const name = fieldOf(field);
      if (words !== undefined && before !== undefined && after !== undefined) {
        const told = [...words.removed.map((word) => `−${word}`), ...words.added.map((word) => `+${word}`)];
        // Where only marks between words differ, both texts are told.
        if (told.length > 0) return t('words', { changes: told.slice(0, 8).join(' ') });
      }
      if (after === undefined) return t('removed', { field: name });
      return before === undefined
        ? t('added', { field: name, after: short(after) })
        : t('changed', { field: name, before: short(before), after: short(after) });
    };
    const told = changes.slice(0, mostChanges).map(wordsOf);
    const rest = changes.length - told.length;
    return units.list(rest > 0 ? [...told, t('more', { count: rest })] : told);
  }, [generation, parent, t, units]);
}
