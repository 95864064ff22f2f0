import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useEditWords } from '../i18n/use-edit-words';
import { useProblemWords } from '../i18n/use-problem-words';
import { clipFile, type Clip } from '../state/clip';
import { useStudio, useStudioStore } from '../state/context';
import { problemOf, type Problem } from '../state/problem';
import { holdsClip, placeOfClip, type ComposedPlace } from '../state/timeline-state';
import { Button } from './Button';
import field from './Field.module.css';

/**
 * Puts a clip that was made at the end of the timeline, or in the place of the clip that it was made for. The first one gives an empty
 * sequence its size and rate.
 */
export function AddClipToTimeline({ clip }: { readonly clip: Clip }) {
  const t = useTranslations('clip.timeline');
  const words = useEditWords();
  const wordsOf = useProblemWords();
  const store = useStudioStore();
  const openWorkspace = useStudio((state) => state.openWorkspace);
  const place = placeOfClip(clip);
  const replaces = useStudio(({ edited }) => place !== undefined && holdsClip(edited.sequence, place.clip));
  const [at, setAt] = useState<'idle' | 'working' | 'done'>('idle');
  const [problem, setProblem] = useState<Problem>();

  const put = async (into?: ComposedPlace): Promise<void> => {
    setAt('working');
    setProblem(undefined);
    const { importFile, addToTimeline, replaceComposed, announce } = store.getState();
    try {
      const item = await importFile(clipFile(clip));
      const refused = into === undefined ? addToTimeline(item) : replaceComposed(item, into);
      announce(words.outcome({ key: into === undefined ? 'insert' : 'replace', values: { name: item.name } }, refused));
      setAt(refused === undefined ? 'done' : 'idle');
    } catch (error) {
      setProblem(problemOf(error));
      setAt('idle');
    }
  };

  return (
    <>
      {problem !== undefined && (
        <p className={field.issue} role="alert">
          {wordsOf(problem).title}. {problem.report}
        </p>
      )}
      {replaces && (
        <Button icon="reset" aria-disabled={at === 'working'} onClick={() => (at === 'working' ? undefined : void put(place))}>
          {t('replace')}
        </Button>
      )}
      {at === 'done' ? (
        <Button icon="check" onClick={() => openWorkspace('edit')}>
          {t('show')}
        </Button>
      ) : (
        <Button icon="add" aria-disabled={at === 'working'} onClick={() => (at === 'working' ? undefined : void put())}>
          {t(at === 'working' ? 'adding' : 'add')}
        </Button>
      )}
    </>
  );
}
