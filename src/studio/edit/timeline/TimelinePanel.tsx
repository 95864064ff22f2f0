import { useTranslations } from 'use-intl';

export function TimelinePanel() {
  const t = useTranslations('shell');
  return <section aria-label={t('timeline')} />;
}
