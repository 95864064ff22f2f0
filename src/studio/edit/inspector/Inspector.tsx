import { useTranslations } from 'use-intl';

export function Inspector() {
  const t = useTranslations('shell');
  return <section aria-label={t('inspector')} />;
}
