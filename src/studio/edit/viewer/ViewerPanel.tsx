import { useTranslations } from 'use-intl';

export function ViewerPanel() {
  const t = useTranslations('shell');
  return <section aria-label={t('viewer')} />;
}
