import { useTranslations } from 'use-intl';
import type { Problem } from '../state/problem';

/** What happened, in a few words, and what it means and what to do: the error's own words where there are none of ours. */
export interface WordsOfProblem {
  readonly title: string;
  readonly explanation: string;
}

export function useProblemWords(): (problem: Problem) => WordsOfProblem {
  const t = useTranslations('problems');
  return ({ code, words = code, report }) => ({ title: t(`${words}.title`), explanation: t(`${words}.explanation`, { report }) });
}
