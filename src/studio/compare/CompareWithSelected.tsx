import { useTranslations } from 'use-intl';
import { IconButton } from '../components/Button';
import type { Clip } from '../state/clip';
import { useHasView, useStudio } from '../state/context';

/** Beside a clip that is not the one on the stage: both, at the same moment. */
export function CompareWithSelected({ clip }: { readonly clip: Clip }) {
  const t = useTranslations('compare');
  const selected = useStudio((state) => state.clips.find(({ id }) => id === state.selectedClip));
  const compareClips = useStudio((state) => state.compareClips);
  const canCompare = useHasView('compare');
  if (!canCompare || selected === undefined || selected.id === clip.id) return null;
  return (
    <IconButton
      icon="compare"
      label={t('withSelected', { number: clip.number, selected: selected.number })}
      onClick={() => void compareClips(selected, clip)}
    />
  );
}
