import { useTranslations } from 'use-intl';
import type { Reason } from '../state/reason';

/** Says why something cannot be used. */
export function useReasonWords(): (reason: Reason) => string {
  const t = useTranslations('compose.reasons');
  return ({ key, values }) => t(key, values);
}
