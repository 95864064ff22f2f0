import { useMemo } from 'react';
import { useLocale } from 'use-intl';
import { unitsOf, type Units } from './units';

/** Sizes, durations and figures in the language of the studio. */
export function useUnits(): Units {
  const locale = useLocale();
  return useMemo(() => unitsOf(locale), [locale]);
}
