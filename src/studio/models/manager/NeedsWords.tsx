import { useTranslations } from 'use-intl';
import { Button } from '../../components/Button';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import type { ModelNeeds } from './manager-store';
import field from '../../components/Field.module.css';

export interface NeedsWordsProps {
  readonly needs: ModelNeeds | undefined;
  /** Whether it is said that nobody knows what the card has, where no limit is set. */
  readonly tellsUnknown?: boolean;
}

/** Graphics memory that a model needs, whether that fits, and where it does not the reason and the nearest settings that do. */
export function NeedsWords({ needs, tellsUnknown = false }: NeedsWordsProps) {
  const t = useTranslations('models.fit');
  const { bytes } = useUnits();
  const wordsOf = useProblemWords();
  const edit = useStudio((state) => state.edit);
  const hasLimit = useStudio((state) => state.memoryLimit.trim() !== '');
  if (needs === undefined) return null;
  if (needs.status === 'checking') return <p className={field.help}>{t('checking')}</p>;
  if (needs.status === 'failed') {
    return <p className={field.issue}>{t('failed', { title: wordsOf(needs.problem).title, report: needs.problem.report })}</p>;
  }
  const { memory, size } = needs;
  if (memory.fits) {
    return (
      <p className={field.help}>
        {t('needs', { ...size, total: bytes(memory.totalBytes), weights: bytes(memory.weightBytes) })}{' '}
        {memory.wholeBytes === undefined
          ? tellsUnknown && !hasLimit && t('noLimit')
          : t('fits', { total: bytes(memory.totalBytes), whole: bytes(memory.wholeBytes) })}
      </p>
    );
  }
  const { nearest, limitBytes, weightBytes } = memory;
  return (
    <div className={field.issue} role="status">
      <span>
        {t('tooMuch', {
          // Weights can pass through in parts: they are in the way where no clip fits.
          reason: nearest === undefined && weightBytes > limitBytes ? 'weights' : 'frames',
          ...{ weights: bytes(weightBytes), limit: bytes(limitBytes) },
        })}{' '}
        {nearest === undefined ? t('none') : t('nearest', { ...nearest })}
      </span>
      {nearest !== undefined && (
        <Button
          size="small"
          onClick={() => edit({ width: String(nearest.width), height: String(nearest.height), frames: String(nearest.frames) })}
        >
          {t('use', { ...nearest })}
        </Button>
      )}
    </div>
  );
}
