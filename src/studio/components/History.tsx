import { useStudio } from '../state/context';
import { CompareWithSelected } from '../compare/CompareWithSelected';
import { PixelCanvas } from '../playback/PixelCanvas';
import { clipSeconds, framePixels, type Clip } from '../state/clip';
import type { Run } from '../state/studio-store';
import { Icon } from './Icon';
import { useProgressWords } from './RunningStage';
import styles from './History.module.css';

/** This session's clips, newest first, with the run that is at work or stands still in front. */
export function History() {
  const clips = useStudio((state) => state.clips);
  const run = useStudio((state) => state.run);
  const selected = useStudio((state) => state.selectedClip);
  const progressWords = useProgressWords();
  const select = useStudio((state) => state.select);
  if (clips.length === 0) return null;
  return (
    <section className={styles.history} aria-label="Clips of this session">
      <ul className={styles.list}>
        {run.status !== 'idle' && (
          <li>
            <button type="button" className={styles.tile} aria-current={selected === undefined} onClick={() => select(undefined)}>
              <RunThumbnail run={run} />
              <span className={styles.caption}>{runWords(run, progressWords)}</span>
            </button>
          </li>
        )}
        {clips.map((clip) => (
          <li key={clip.id}>
            <button
              type="button"
              className={styles.tile}
              aria-current={selected === clip.id}
              onClick={() => select(clip.id)}
              title={clip.prompt}
            >
              <ClipThumbnail clip={clip} />
              <span className={styles.caption}>{clip.prompt}</span>
            </button>
            <CompareWithSelected clip={clip} />
          </li>
        ))}
      </ul>
      <p className={styles.note}>Clips stay until this tab closes. Download those you want to keep.</p>
    </section>
  );
}

function ClipThumbnail({ clip: { content, number } }: { readonly clip: Clip }) {
  const middle = content.frameCount >> 1;
  return (
    <span className={styles.picture}>
      <PixelCanvas width={content.width} height={content.height} pixels={framePixels(content, middle)} label={`Clip ${number}`} />
      <span className={styles.length}>{clipSeconds(content).toFixed(1)} s</span>
    </span>
  );
}

function RunThumbnail({ run }: { readonly run: Exclude<Run, { status: 'idle' }> }) {
  const preview = run.status === 'failed' ? undefined : run.preview;
  const share = run.status === 'running' && run.timing.steps > 0 ? run.timing.step / run.timing.steps : 0;
  return (
    <span className={styles.picture}>
      {preview === undefined ? <Icon name={run.status === 'failed' ? 'alert' : 'play'} /> : <PixelCanvas {...preview} label="Preview" />}
      {run.status === 'running' && <span className={styles.progress} style={{ '--share': share }} />}
    </span>
  );
}

function runWords(run: Exclude<Run, { status: 'idle' }>, progressWords: ReturnType<typeof useProgressWords>): string {
  if (run.status === 'running') return progressWords(run.timing);
  return run.status === 'failed' ? 'Failed' : `Stopped at step ${run.step} of ${run.steps}`;
}
