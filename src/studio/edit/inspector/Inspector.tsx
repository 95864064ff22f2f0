import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Clip } from '../../../project';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useStudio } from '../../state/context';
import { PictureSection, SoundSection, TimeSection } from './ClipFields';
import { ClipTimeContext } from './clip-time';
import { EffectsSection } from './EffectsSection';
import { TitleSection } from './TitleSection';
import { useAddTitle } from './use-add-title';
import styles from './Inspector.module.css';

/** All that can be set of the selected clip. */
export function Inspector() {
  const t = useTranslations('inspector');
  const tracks = useStudio((state) => state.edited.sequence.tracks);
  const selection = useStudio((state) => state.selection);
  const selected = useMemo(
    () => tracks.flatMap<Clip>(({ clips }) => clips).filter(({ id }) => selection.includes(id)),
    [tracks, selection],
  );
  const [clip] = selected;
  return (
    <section className={styles.inspector} aria-label={t('inspector')}>
      {selected.length === 0 && <NothingSelected />}
      {selected.length > 0 && <ClipInspector key={clip.id} clip={clip} selected={selected} />}
    </section>
  );
}

function NothingSelected() {
  const t = useTranslations('inspector');
  const addTitle = useAddTitle();
  return (
    <div className={styles.empty}>
      <p>{t('nothing')}</p>
      <Button size="small" onClick={addTitle}>
        {t('addTitle')}
      </Button>
    </div>
  );
}

function ClipInspector({ clip, selected }: { readonly clip: Clip; readonly selected: readonly Clip[] }) {
  const t = useTranslations('inspector');
  const others = selected.length - 1;
  const [seen, ...alsoSeen] = useMemo(() => selected.filter((one) => one.kind !== 'sound'), [selected]);
  const effects = seen === undefined ? null : <EffectsSection clips={[seen, ...alsoSeen]} />;
  const locked = useStudio(({ edited }) =>
    edited.sequence.tracks.some((track) => track.locked && track.clips.some(({ id }) => id === clip.id)),
  );
  const playhead = useStudio((state) => state.playhead);
  const name = useStudio((state) => nameOf(clip, state.project.media));
  const frame = Math.min(clip.duration - 1, Math.max(0, playhead - clip.start));
  const time = useMemo(() => ({ start: clip.start, frame }), [clip.start, frame]);
  return (
    <ClipTimeContext value={time}>
      <header className={styles.header}>
        <h2 className={styles.name} title={name}>
          {name === '' ? t(`kinds.${clip.kind}`) : name}
        </h2>
        <p className={styles.facts}>
          {t('frames', { first: clip.start + 1, last: clip.start + clip.duration })}
          {others > 0 && <> · {t('others', { count: others })}</>}
        </p>
      </header>
      {locked && (
        <p className={styles.locked} role="status">
          <Icon name="lock" size={16} />
          {t('locked')}
        </p>
      )}
      <fieldset className={styles.fields} disabled={locked}>
        {alsoSeen.length > 0 && effects}
        {clip.kind === 'title' && <TitleSection clip={clip} />}
        {clip.kind === 'sound' ? <SoundSection clip={clip} /> : <PictureSection clip={clip} />}
        <TimeSection clip={clip} />
        {alsoSeen.length === 0 && clip.kind !== 'sound' && effects}
      </fieldset>
    </ClipTimeContext>
  );
}

/** What a clip is called: its own name, the first words of a title, or its file's name. */
function nameOf(clip: Clip, media: readonly { readonly id: string; readonly name: string }[]): string {
  if (clip.name !== undefined) return clip.name;
  if (clip.kind === 'title') return clip.title.text.split('\n')[0].slice(0, 60);
  return media.find(({ id }) => id === clip.media)?.name ?? '';
}
