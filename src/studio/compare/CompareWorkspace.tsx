import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { toNumber } from '../../project';
import { Button } from '../components/Button';
import { Message } from '../components/Message';
import message from '../components/Message.module.css';
import { useProblemWords } from '../i18n/use-problem-words';
import { useHasView, useStudio, useStudioStore } from '../state/context';
import { problemOf, type Problem } from '../state/problem';
import { CompareFigures } from './CompareFigures';
import { ComparePictures } from './ComparePictures';
import { CompareTransport } from './CompareTransport';
import { compareModes, type CompareMode } from './draw-pair';
import { comparedVideo, sameRate, type ComparedVideo } from './frame-lock';
import { useComparedFrames } from './use-compared-frames';
import segments from '../components/Segments.module.css';
import styles from './CompareWorkspace.module.css';

/** Two videos of the project at the same moment, and figures of both. */
export function CompareWorkspace() {
  const t = useTranslations('compare');
  const wordsOf = useProblemWords();
  const media = useStudio((state) => state.project.media);
  const compared = useStudio((state) => state.compared);
  const failed = useStudio((state) => state.compareProblem);
  const [ownProblem, setProblem] = useState<Problem>();
  const opened = useOpenedMedia(setProblem);
  const [videos, setVideos] = useState<readonly ComparedVideo[]>([]);
  const [listed, setListed] = useState<typeof media>();
  if (listed !== media) {
    // The same objects as long as the media are: frames are asked for anew when a video is another.
    setListed(media);
    setVideos(media.flatMap((item) => comparedVideo(item) ?? []));
  }
  const left = videos.find(({ id }) => id === compared.left) ?? videos[0];
  const right = videos.find(({ id }) => id === compared.right) ?? videos.find(({ id }) => id !== left?.id) ?? left;
  const problem = failed ?? ownProblem;
  return (
    <main className={styles.workspace} aria-label={t('title')}>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          <strong>{wordsOf(problem).title}.</strong> {problem.report}
        </p>
      )}
      {left === undefined || right === undefined ? (
        <div className={`${message.alone} ${styles.empty}`}>
          <Message tone="calm" icon="compare" title={t('title')} actions={<WaysToVideos />}>
            <p>{t('empty')}</p>
          </Message>
        </div>
      ) : (
        opened && <ComparedPair key={`${left.id} ${right.id}`} {...{ left, right, videos }} onProblem={setProblem} />
      )}
    </main>
  );
}

/** Where videos come from. */
function WaysToVideos() {
  const titles = useTranslations('commands.titles.view');
  const openWorkspace = useStudio((state) => state.openWorkspace);
  return (
    <>
      {useHasView('create') && (
        <Button kind="primary" onClick={() => openWorkspace('create')}>
          {titles('create')}
        </Button>
      )}
      {useHasView('edit') && <Button onClick={() => openWorkspace('edit')}>{titles('edit')}</Button>}
    </>
  );
}

/** Whether the worker has the project's files. */
function useOpenedMedia(onProblem: (problem: Problem) => void): boolean {
  const store = useStudioStore();
  const media = useStudio((state) => state.project.media);
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    store
      .getState()
      .openMedia()
      .then(
        () => setOpened(true),
        (error: unknown) => onProblem(problemOf(error)),
      );
  }, [store, media, onProblem]);
  return opened;
}

interface ComparedPairProps {
  readonly left: ComparedVideo;
  readonly right: ComparedVideo;
  readonly videos: readonly ComparedVideo[];
  readonly onProblem: (problem: Problem) => void;
}

function ComparedPair({ left, right, videos, onProblem }: ComparedPairProps) {
  const t = useTranslations('compare');
  const compare = useStudio((state) => state.compare);
  const [mode, setMode] = useState<CompareMode>('wipe');
  const [opacity, setOpacity] = useState(0.5);
  const [factor, setFactor] = useState(4);
  const frames = useComparedFrames(left);
  return (
    <>
      <div className={styles.head}>
        <VideoChoice label={t('left')} value={left.id} videos={videos} onChoose={(id) => compare(id, right.id)} />
        <div className={`${segments.segments} ${styles.modes}`} role="group" aria-label={t('mode')}>
          {compareModes.map((each) => (
            <button key={each} type="button" className={segments.segment} aria-pressed={each === mode} onClick={() => setMode(each)}>
              {t(`modes.${each}`)}
            </button>
          ))}
        </div>
        <VideoChoice label={t('right')} value={right.id} videos={videos} onChoose={(id) => compare(left.id, id)} />
      </div>
      <ComparePictures {...{ left, right, mode, opacity, factor, onProblem }} frame={frames.frame} />
      <CompareTransport {...{ frames, mode, opacity, factor }} count={left.frames} onOpacity={setOpacity} onFactor={setFactor} />
      {!sameRate(left.rate, right.rate) && (
        <p className={styles.note}>{t('otherRate', { left: toNumber(left.rate), right: toNumber(right.rate) })}</p>
      )}
      <CompareFigures left={left} right={right} />
    </>
  );
}

interface VideoChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly videos: readonly ComparedVideo[];
  readonly onChoose: (id: string) => void;
}

function VideoChoice({ label, value, videos, onChoose }: VideoChoiceProps) {
  return (
    <select className={styles.choice} aria-label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
      {videos.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
