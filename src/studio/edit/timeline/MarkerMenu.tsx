import { useTranslations } from 'use-intl';
import { ActionMenu } from '../../components/ActionMenu';
import { IconButton } from '../../components/Button';
import { useStudio } from '../../state/context';
import type { TimelineCommands } from './commands';
import { useMarkerWords } from './MarkerFlag';

/** Most markers that are listed; all of them stand in the table. */
const LISTED = 40;

/** Sets a marker at the playhead, and goes from one to another. */
export function MarkerMenu({ commands }: { readonly commands: TimelineCommands }) {
  const t = useTranslations('timeline');
  const { markers, rate } = useStudio((state) => state.edited.sequence);
  const words = useMarkerWords(rate);
  const listed = markers.toSorted((one, other) => one.frame - other.frame).slice(0, LISTED);
  return (
    <>
      <IconButton icon="marker" label={t('addMarker')} onClick={commands.marker} />
      <ActionMenu
        trigger={<IconButton icon="chevron" label={t('markers.menu')} data-narrow="true" />}
        entries={[
          { label: t('markers.next'), keys: '.', disabled: markers.length === 0, run: () => commands.goToMarker(1) },
          { label: t('markers.previous'), keys: ',', disabled: markers.length === 0, run: () => commands.goToMarker(-1) },
          ...(listed.length === 0 ? [] : ['line' as const]),
          ...listed.map((marker) => ({ label: words(marker), icon: 'marker' as const, run: () => commands.goTo(marker.frame) })),
        ]}
      />
    </>
  );
}
