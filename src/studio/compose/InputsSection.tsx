import { lazy, Suspense, useEffect, useId, useRef } from 'react';
import { useTranslations } from 'use-intl';
import type { ModelTraits } from '../../pipelines';
import { Button } from '../components/Button';
import { FileInput } from '../components/FileInput';
import field from '../components/Field.module.css';
import { useProblemWords } from '../i18n/use-problem-words';
import { useStudio } from '../state/context';
import { AddOns } from './AddOns';
import { inputFileTypes, picturesIn } from './input-files';
import { PipelineField } from './PipelineField';
import styles from './Inputs.module.css';

/** Loaded with the first image or video: most clips begin with words alone. */
const KeyframeTrack = lazy(async () => ({ default: (await import('./KeyframeTrack')).KeyframeTrack }));
const VideoCard = lazy(async () => ({ default: (await import('./VideoCard')).VideoCard }));

/** What a clip is made from besides words: images at its frames, a video, and the pipeline that follows from them. */
export function InputsSection({ traits }: { readonly traits: ModelTraits }) {
  const t = useTranslations('compose.inputs');
  const headingId = useId();
  const chooser = useRef<HTMLInputElement>(null);
  const images = useStudio((state) => state.inputs.images);
  const video = useStudio((state) => state.inputs.video);
  const addInputs = useStudio((state) => state.addInputs);
  const empty = images.length === 0 && video === undefined;
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const pasted = event.clipboardData === null ? [] : picturesIn(event.clipboardData.items);
      if (pasted.length === 0) return;
      event.preventDefault();
      void addInputs(pasted);
    };
    window.addEventListener('paste', onPaste);
    return () => window.removeEventListener('paste', onPaste);
  }, [addInputs]);
  return (
    <section className={styles.section} aria-labelledby={headingId}>
      <div className={styles.head}>
        <h2 id={headingId} className={styles.title}>
          {t('title')}
        </h2>
        <Button
          size="small"
          icon="image"
          aria-describedby={empty ? `${headingId}-help` : undefined}
          onClick={() => chooser.current?.click()}
        >
          {t('add')}
        </Button>
      </div>
      <FileInput input={chooser} label={t('files')} accept={inputFileTypes} multiple onFiles={(files) => void addInputs(files)} />
      {empty && (
        <p id={`${headingId}-help`} className={field.help}>
          {t('help')}
        </p>
      )}
      <Suspense fallback={null}>
        {images.length > 0 && <KeyframeTrack traits={traits} />}
        {video !== undefined && <VideoCard video={video} traits={traits} />}
      </Suspense>
      <Reading />
      <AddOns />
      <PipelineField traits={traits} />
    </section>
  );
}

/** Files that are being read, or could not be. */
function Reading() {
  const t = useTranslations('compose.inputs');
  const wordsOf = useProblemWords();
  const reading = useStudio((state) => state.readingInputs);
  const dismiss = useStudio((state) => state.dismissReading);
  return reading.map((input) =>
    input.status === 'reading' ? (
      <p key={input.id} className={field.help} role="status">
        {t('reading', { name: input.name })}
      </p>
    ) : (
      <div key={input.id} className={field.issue} role="alert">
        <span>
          <strong>{t('unusable', { name: input.name, problem: wordsOf(input.problem).title })}</strong> {input.problem.report}
        </span>
        <Button size="small" onClick={() => dismiss(input.id)}>
          {t('dismiss')}
        </Button>
      </div>
    ),
  );
}
