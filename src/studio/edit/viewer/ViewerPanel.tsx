import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { sequenceFrames, toNumber } from '../../../project';
import type { ShownFrame } from '../../../../workers';
import { useProblemWords } from '../../i18n/use-problem-words';
import { createSequenceSound, type SequenceSound } from '../../playback/sequence-sound';
import { useVolume } from '../../playback/volume';
import { useStudio, useStudioStore } from '../../state/context';
import { problemOf, type Problem } from '../../state/problem';
import { ExportDialog } from '../export/ExportDialog';
import { ExportQueue } from '../export/ExportQueue';
import { DecoderFigures } from './DecoderFigures';
import { SafeAreas } from './SafeAreas';
import { startSequencePlayer, type PlaybackReport } from './sequence-player';
import { Transport } from './Transport';
import { useViewerCommands } from './use-viewer-commands';
import { ViewerCanvas } from './ViewerCanvas';
import { ViewerTools, type Zoom } from './ViewerTools';
import styles from './ViewerPanel.module.css';

/** The sequence as it is seen and heard, and what plays it. */
export function ViewerPanel() {
  const t = useTranslations('viewer');
  const panel = useRef<HTMLElement>(null);
  const exportDialog = useRef<HTMLDialogElement>(null);
  const sequence = useStudio((state) => state.edited.sequence);
  const [zoom, setZoom] = useState<Zoom>('fit');
  const [safeAreas, setSafeAreas] = useState(false);
  const [figures, setFigures] = useState(false);
  const { canvasReady, shown, playback, problem, volume, setVolume } = useSequencePlayer();
  const mute = useCallback(() => setVolume({ ...volume, muted: !volume.muted }), [volume, setVolume]);
  const fullScreen = useFullScreen(panel);
  useViewerCommands({ mute, fullScreen });
  const frames = sequenceFrames(sequence);
  const playhead = useStudio((state) => state.playhead);
  return (
    <section ref={panel} className={styles.panel} aria-label={t('viewer')}>
      <ViewerTools
        {...{ zoom, safeAreas, figures, dropped: playback.dropped }}
        onZoom={setZoom}
        onSafeAreas={setSafeAreas}
        onFigures={setFigures}
        onFullScreen={fullScreen}
        onExport={() => exportDialog.current?.showModal()}
      />
      <div className={styles.place} data-zoom={zoom}>
        <div className={styles.picture} style={{ '--aspect': sequence.width / sequence.height, '--width': `${sequence.width}px` }}>
          <ViewerCanvas label={t('picture', { frame: playhead + 1, frames })} onReady={canvasReady} />
          {safeAreas && <SafeAreas aspect={sequence.width / sequence.height} />}
        </div>
        {frames === 0 && <p className={styles.empty}>{t('empty')}</p>}
        {shown !== undefined && shown.missing.length > 0 && (
          <p className={styles.missing} role="status">
            {t('missing', { count: shown.missing.length })}
          </p>
        )}
        {problem !== undefined && <ProblemNote problem={problem} />}
        {figures && <DecoderFigures shown={shown} playback={playback} />}
      </div>
      <Transport volume={volume} onVolume={setVolume} />
      <ExportQueue />
      <ExportDialog dialog={exportDialog} />
    </section>
  );
}

function ProblemNote({ problem }: { readonly problem: Problem }) {
  const words = useProblemWords();
  const { title, explanation } = words(problem);
  return (
    <p className={styles.missing} role="alert">
      <strong>{title}.</strong> {explanation}
    </p>
  );
}

const stillness: PlaybackReport = { dropped: 0, behind: undefined };

/** The worker's canvas and the sequence's sound, kept at the playhead as long as the viewer is there. */
function useSequencePlayer() {
  const store = useStudioStore();
  const [attached, setAttached] = useState(false);
  const [last, setLast] = useState<{ readonly shown: ShownFrame; readonly playback: PlaybackReport }>();
  const [problem, setProblem] = useState<Problem>();
  const [volume, setVolume] = useVolume();
  const sound = useRef<SequenceSound>(undefined);
  const media = useStudio((state) => state.project.media);
  const canvasReady = useCallback(
    (canvas: OffscreenCanvas) => {
      store
        .getState()
        .editor()
        .attach(canvas)
        .then(
          () => setAttached(true),
          (error: unknown) => setProblem(problemOf(error)),
        );
    },
    [store],
  );

  useEffect(() => {
    // Files that come later draw what is shown again.
    store
      .getState()
      .openMedia()
      .catch((error: unknown) => setProblem(problemOf(error)));
  }, [store, media]);

  useEffect(() => {
    if (!attached) return;
    const editor = store.getState().editor();
    const heard = createSequenceSound({
      framesPerSecond: () => toNumber(store.getState().edited.sequence.rate),
      mix: (start, last) => editor.mix(start, last),
    });
    sound.current = heard;
    const end = startSequencePlayer({
      ...{ store, editor, sound: heard },
      onShown: (shown, playback) => {
        setLast({ shown, playback });
        setProblem(undefined);
      },
      onFailure: (error) => setProblem(problemOf(error)),
    });
    return () => {
      end();
      heard.close();
      store.getState().pause();
    };
  }, [store, attached]);
  useEffect(() => sound.current?.setVolume(volume.muted ? 0 : volume.level), [volume, attached]);
  return { canvasReady, shown: last?.shown, playback: last?.playback ?? stillness, problem, volume, setVolume };
}

function useFullScreen(panel: React.RefObject<HTMLElement | null>): () => void {
  return useCallback(() => {
    // A page in a frame may not be allowed to: then it stays as it is, and the browser says so in its console.
    if (document.fullscreenElement === null) panel.current?.requestFullscreen().catch((error: unknown) => console.info(error));
    else document.exitFullscreen().catch((error: unknown) => console.info(error));
  }, [panel]);
}
