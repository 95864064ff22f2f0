import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { pictureSeconds, toNumber, type MediaItem } from '../../../project';
import { ActionMenu } from '../../components/ActionMenu';
import { Button, IconButton } from '../../components/Button';
import { FileInput } from '../../components/FileInput';
import { Icon, type IconName } from '../../components/Icon';
import { useEditWords } from '../../i18n/use-edit-words';
import { useUnits } from '../../i18n/use-units';
import { useHasView, useStudio, useStudioStore } from '../../state/context';
import { problemOf } from '../../state/problem';
import type { AddOptions } from '../../state/timeline-state';
import { Thumbnail } from '../Thumbnail';
import { dragMedia } from './dragged-media';
import { mediaTypes } from './media-types';
import styles from './MediaBin.module.css';

const icons: Record<MediaItem['kind'], IconName> = { video: 'film', image: 'image', audio: 'volume', lut: 'table' };

export interface MediaRowProps {
  readonly item: MediaItem;
  /** How often it is on the timeline. */
  readonly uses: number;
}

/** One file of the project. */
export function MediaRow({ item, uses }: MediaRowProps) {
  const t = useTranslations('media');
  const words = useEditWords();
  const store = useStudioStore();
  const missing = useStudio((state) => state.missingMedia.includes(item.id));
  const facts = useFacts(item, missing);
  const canCompose = useHasView('create');
  const { name, kind } = item;
  const shows = kind === 'video' || kind === 'image';
  const add = (options: AddOptions): void => {
    const refused = store.getState().addToTimeline(item, options);
    store.getState().announce(words.outcome({ key: 'insert', values: { name } }, refused));
  };
  const { playhead } = store.getState();
  const seconds = pictureSeconds(item);
  return (
    <li
      className={styles.row}
      data-missing={missing}
      draggable={kind !== 'lut' && !missing}
      onDragStart={(event) => dragMedia(event.dataTransfer, item.id)}
    >
      <span className={styles.picture} data-kind={kind}>
        <Icon name={missing ? 'alert' : icons[kind]} size={18} />
        {shows && !missing && (
          <Thumbnail media={item.id} seconds={seconds === undefined ? 0 : toNumber(seconds) / 2} className={styles.thumbnail} />
        )}
      </span>
      <span className={styles.words}>
        <span className={styles.name} title={name}>
          {name}
        </span>
        <span className={styles.facts}>{facts}</span>
        {missing && <Relink item={item} />}
      </span>
      <span className={styles.actions}>
        {kind !== 'lut' && (
          <IconButton icon="add" label={t('addNamed', { name })} title={t('addToTimeline')} onClick={() => add({ at: 'end' })} />
        )}
        <ActionMenu
          trigger={<IconButton icon="more" label={t('options', { name })} />}
          entries={[
            ...(kind === 'lut'
              ? []
              : [
                  { label: t('atEnd'), run: () => add({ at: 'end' }) },
                  { label: t('atPlayhead'), run: () => add({ at: playhead, onMeeting: 'make-room' as const }) },
                  { label: t('overAtPlayhead'), run: () => add({ at: playhead, onMeeting: 'overwrite' as const }) },
                ]),
            ...(kind === 'video' && canCompose
              ? ['line' as const, { label: t('extend'), run: () => store.getState().composeFrom({ pipeline: 'extend', media: item.id }) }]
              : []),
            'line',
            {
              label: t('remove'),
              icon: 'trash',
              disabled: uses > 0 || item.generation !== undefined,
              run: () => store.getState().announce(t('removed', { count: store.getState().removeUnusedMedia([item.id]) })),
            },
          ]}
        />
      </span>
    </li>
  );
}

/** Duration, size and rate, and where it comes from. */
function useFacts(item: MediaItem, missing: boolean): string {
  const t = useTranslations('media');
  const units = useUnits();
  const { width, height, rate, sound, generation, kind } = item;
  const seconds = pictureSeconds(item) ?? sound?.duration;
  return units.list([
    ...(missing ? [t('missing')] : []),
    ...(generation === undefined ? [] : [t('generated')]),
    ...(seconds === undefined ? [] : [units.seconds(toNumber(seconds), 1)]),
    ...(width === undefined || height === undefined ? [] : [t('size', { width: String(width), height: String(height) })]),
    ...(rate === undefined ? [] : [t('rate', { rate: units.decimal(rate.numerator / rate.denominator, 2) })]),
    ...(kind === 'lut' || kind === 'image' ? [t(`kind.${kind}`)] : []),
  ]);
}

/** The same file, chosen again: one of other content is refused. */
function Relink({ item }: { readonly item: MediaItem }) {
  const t = useTranslations('media');
  const store = useStudioStore();
  const input = useRef<HTMLInputElement>(null);
  const [issue, setIssue] = useState<string>();
  const take = async (file: File): Promise<void> => {
    try {
      const { readOrConvert, editor, importFile } = store.getState();
      const [own, { fingerprint }] = await readOrConvert(file, (read) => editor().describe(read, file.name));
      if (fingerprint !== item.fingerprint) return setIssue(t('relinkWrong', { name: file.name }));
      await importFile(own);
      setIssue(undefined);
    } catch (error) {
      setIssue(problemOf(error).report);
    }
  };
  return (
    <>
      <Button size="small" icon="folder" onClick={() => input.current?.click()}>
        {t('relink')}
      </Button>
      {issue !== undefined && (
        <span className={styles.issue} role="alert">
          {issue}
        </span>
      )}
      <FileInput input={input} label={t('relink')} accept={mediaTypes} onFiles={([file]) => void take(file)} />
    </>
  );
}
