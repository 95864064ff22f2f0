import { useTranslations } from 'use-intl';
import type { ClipSound } from '../../pipelines';
import { useUnits } from '../i18n/use-units';

/** Frames from which on people notice that sound and picture are apart. */
const noticeable = 1;

/** Whether a clip's sound belongs to its picture, among its facts; nothing where it has no events to tell that by. */
export function SyncFact({ sync: { offset, offsetFrames } }: Pick<ClipSound, 'sync'>) {
  const t = useTranslations('clip');
  const { decimal } = useUnits();
  if (offset === undefined || offsetFrames === undefined) return null;
  if (Math.abs(offsetFrames) < noticeable) return <li>{t('inSync')}</li>;
  return <li>{t(offset < 0 ? 'soundEarly' : 'soundLate', { seconds: decimal(Math.abs(offset), 2) })}</li>;
}
