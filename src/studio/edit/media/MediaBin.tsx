import { useTranslations } from 'use-intl';

export function MediaBin() {
  const t = useTranslations('shell');
  return <section aria-label={t('media')} />;
}
