import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { MediaItem } from '../../../project';
import { Button, IconButton } from '../../components/Button';
import { FileInput } from '../../components/FileInput';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useStudio, useStudioStore } from '../../state/context';
import { problemOf, type Problem } from '../../state/problem';
import { mediaTypes } from './media-types';
import { MediaRow } from './MediaRow';
import styles from './MediaBin.module.css';

interface Failure {
  readonly name: string;
  readonly problem: Problem;
}

/** Files of the project: added by button or by dropping, put onto the timeline, found again where they are missing. */
export function MediaBin() {
  const t = useTranslations('media');
  const headingId = useId();
  const input = useRef<HTMLInputElement>(null);
  const store = useStudioStore();
  const media = useStudio((state) => state.project.media);
  const uses = useUses();
  const { reading, failures, take, dismiss } = useImport();
  const over = useDroppedFiles(take);
  const unused = media.filter(({ id, generation }) => !uses.has(id) && generation === undefined).length;

  return (
    <section className={styles.bin} aria-labelledby={headingId} data-over={over}>
      <header className={styles.head}>
        <h2 id={headingId} className={styles.title}>
          {t('title')}
        </h2>
        {media.length > 0 && <span className={styles.count}>{t('count', { count: media.length })}</span>}
        <span className={styles.space} />
        {unused > 0 && (
          <IconButton
            icon="trash"
            label={t('removeUnused')}
            onClick={() => store.getState().announce(t('removed', { count: store.getState().removeUnusedMedia() }))}
          />
        )}
        <Button size="small" icon="add" onClick={() => input.current?.click()}>
          {t('add')}
        </Button>
        <FileInput input={input} label={t('addLabel')} accept={mediaTypes} multiple onFiles={(files) => void take(files)} />
      </header>
      {reading.map((name) => (
        <p key={name} className={styles.reading} role="status">
          {t('reading', { name })}
        </p>
      ))}
      {failures.map((failure) => (
        <FailedFile key={failure.name} failure={failure} onDismiss={() => dismiss(failure)} />
      ))}
      {media.length === 0 && reading.length === 0 ? (
        <p className={styles.empty}>{t('empty')}</p>
      ) : (
        <ul className={styles.list} aria-label={t('list')}>
          {media.map((item) => (
            <MediaRow key={item.id} item={item} uses={uses.get(item.id) ?? 0} />
          ))}
        </ul>
      )}
      {over && (
        <p className={styles.drop} aria-hidden="true">
          {t('dropHere')}
        </p>
      )}
    </section>
  );
}

function FailedFile({ failure: { name, problem }, onDismiss }: { readonly failure: Failure; onDismiss(): void }) {
  const t = useTranslations('media');
  const wordsOf = useProblemWords();
  return (
    <div className={styles.failure} role="alert">
      <p>
        <strong>{t('failed', { name })}</strong> {problem.code === 'bad-input' ? problem.report : wordsOf(problem).explanation}
      </p>
      <IconButton icon="close" label={t('dismiss')} onClick={onDismiss} />
    </div>
  );
}

/** Takes files that are dropped anywhere in the editor: a browser would open them in its place. @returns whether some are held over it */
function useDroppedFiles(take: (files: readonly File[]) => Promise<void>): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true;
    const onOver = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => (event.relatedTarget === null ? setOver(false) : undefined);
    const onDrop = (event: DragEvent): void => {
      setOver(false);
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      void take([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [take]);
  return over;
}

/** How often each medium is on the timeline. */
function useUses(): ReadonlyMap<string, number> {
  const tracks = useStudio((state) => state.edited.sequence.tracks);
  const uses = new Map<string, number>();
  const counted = new Set<string>();
  for (const { clips } of tracks) {
    for (const clip of clips) {
      if (clip.kind === 'title') continue;
      // A picture and its sound are one use.
      const key = `${clip.media} ${clip.link ?? clip.id}`;
      if (!counted.has(key)) uses.set(clip.media, (uses.get(clip.media) ?? 0) + 1);
      counted.add(key);
    }
  }
  return uses;
}

interface Import {
  readonly reading: readonly string[];
  readonly failures: readonly Failure[];
  take(files: readonly File[]): Promise<void>;
  dismiss(failure: Failure): void;
}

function useImport(): Import {
  const t = useTranslations('media');
  const store = useStudioStore();
  const [reading, setReading] = useState<readonly string[]>([]);
  const [failures, setFailures] = useState<readonly Failure[]>([]);
  const takeOne = useCallback(
    async (file: File): Promise<void> => {
      setReading((names) => [...names, file.name]);
      try {
        const item: MediaItem = await store.getState().importFile(file);
        store.getState().announce(t('added', { name: item.name }));
        setFailures((all) => all.filter(({ name }) => name !== file.name));
      } catch (error) {
        setFailures((all) => [...all.filter(({ name }) => name !== file.name), { name: file.name, problem: problemOf(error) }]);
      } finally {
        setReading((names) => names.filter((name) => name !== file.name));
      }
    },
    [store, t],
  );
  const take = useCallback(
    async (files: readonly File[]): Promise<void> => {
      // One after the other: each is read whole for its fingerprint.
      for (const file of files) await takeOne(file);
    },
    [takeOne],
  );
  return {
    ...{ reading, failures, take },
    dismiss: (failure) => setFailures((all) => all.filter((other) => other !== failure)),
  };
}
