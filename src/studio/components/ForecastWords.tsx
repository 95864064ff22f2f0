import { useTranslations } from 'use-intl';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import type { Forecast } from '../state/studio-store';
import { Button } from './Button';
import styles from './Composer.module.css';

/** What the run will need, whether that fits, and the nearest settings that do where it does not. */
export function ForecastWords({ forecast }: { readonly forecast: Forecast }) {
  const t = useTranslations('fields.forecast');
  const { bytes } = useUnits();
  const edit = useStudio((state) => state.edit);
  if (forecast.status === 'unknown') return null;
  if (forecast.status === 'refused') {
    return (
      <p className={styles.forecast} data-tone="danger">
        {forecast.problem.report}
      </p>
    );
  }
  const { memory } = forecast;
  const total = bytes(memory.totalBytes);
  if (memory.fits) {
    return (
      <p className={styles.forecast}>
        {memory.wholeBytes === undefined
          ? t('needs', { total, weights: bytes(memory.weightBytes) })
          : t('fitsInParts', { total, whole: bytes(memory.wholeBytes) })}
      </p>
    );
  }
  const { nearest, limitBytes } = memory;
  return (
    <div className={styles.forecast} data-tone="danger" role="status">
      <p>{t(nearest === undefined ? 'nothingFits' : 'tooMuch', { total, limit: bytes(limitBytes) })}</p>
      {nearest !== undefined && (
        <Button
          size="small"
          onClick={() => edit({ width: String(nearest.width), height: String(nearest.height), frames: String(nearest.frames) })}
        >
          {t('useNearest', { width: String(nearest.width), height: String(nearest.height), frames: nearest.frames })}
        </Button>
      )}
    </div>
  );
}
