import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { ClipFigures } from '../../metrics';
import { LineChart } from '../charts/LineChart';
import { Button } from '../components/Button';
import { useProblemWords } from '../i18n/use-problem-words';
import { useUnits } from '../i18n/use-units';
import { useStudioStore } from '../state/context';
import { problemOf, type Problem } from '../state/problem';
import type { ComparedVideo } from './frame-lock';
import styles from './CompareFigures.module.css';

/** Of each clip by itself, and of one against the other. */
const own = ['sharpness', 'flicker', 'motionSmoothness'] as const;
const between = ['psnr', 'ssim'] as const;

interface MeasuredPair {
  readonly left: ClipFigures;
  readonly right: ClipFigures;
  /** Whether the left one was measured against the right one. */
  readonly compared: boolean;
}

type Measuring =
  | { readonly status: 'idle' }
  | { readonly status: 'running'; readonly share: number }
  | { readonly status: 'done'; readonly pair: MeasuredPair }
  | { readonly status: 'failed'; readonly problem: Problem };

interface FiguresProps {
  readonly left: ComparedVideo;
  readonly right: ComparedVideo;
}

/** Figures over the frames of both, measured when they are asked for: it takes a while. */
export function CompareFigures({ left, right }: FiguresProps) {
  const t = useTranslations('compare');
  const wordsOf = useProblemWords();
  const { percent } = useUnits();
  const { measuring, measure, stop } = useMeasuring(left, right);
  return (
    <section className={styles.figures} aria-label={t('figures.title')}>
      <header className={styles.head}>
        <h2>{t('figures.title')}</h2>
        {measuring.status === 'running' ? (
          <>
            <progress max={1} value={measuring.share} aria-label={t('figures.progress')} />
            <span>{percent(measuring.share)}</span>
            <Button size="small" icon="stop" onClick={stop}>
              {t('figures.stop')}
            </Button>
          </>
        ) : (
          <Button size="small" icon="gauge" onClick={measure}>
            {t('figures.measure')}
          </Button>
        )}
      </header>
      {measuring.status === 'failed' && (
        <p role="alert">
          {wordsOf(measuring.problem).title}. {measuring.problem.report}
        </p>
      )}
      {measuring.status === 'done' && <Plots {...{ left, right }} pair={measuring.pair} />}
    </section>
  );
}

function Plots({ left, right, pair }: FiguresProps & { readonly pair: MeasuredPair }) {
  const t = useTranslations('compare');
  const { decimal } = useUnits();
  const format = (value: number): string => decimal(value, 3);
  const places = Array.from({ length: Math.max(left.frames, right.frames) }, (_, k) => k + 1);
  const series = ({ frames }: ClipFigures, name: string): (number | null)[] => places.map((_, k) => finite(frames[k]?.[name]));
  const average = ({ summary }: ClipFigures, name: string): string => (name in summary ? format(summary[name].average) : '–');
  const shared = { places, format, placeLabel: t('figures.frame'), syncKey: 'compare', height: 140 };
  return (
    <div className={styles.plots}>
      {own.map((name) => (
        <LineChart
          key={name}
          {...shared}
          title={t(`figures.${name}`)}
          summary={t('figures.summary', {
            ...{ figure: t(`figures.${name}`), left: left.name, right: right.name },
            ...{ first: average(pair.left, name), second: average(pair.right, name) },
          })}
          lines={[
            { label: t('left'), color: '--accent', values: series(pair.left, name) },
            { label: t('right'), color: '--focus', values: series(pair.right, name) },
          ]}
        />
      ))}
      {pair.compared ? (
        between.map((name) => (
          <LineChart
            key={name}
            {...shared}
            title={t(`figures.${name}`)}
            summary={t('figures.between', { figure: t(`figures.${name}`), value: average(pair.left, name) })}
            lines={[{ label: t(`figures.${name}`), color: '--accent', values: series(pair.left, name) }]}
          />
        ))
      ) : (
        <p className={styles.apart}>{t('figures.apart')}</p>
      )}
    </div>
  );
}

/** Equal frames have no error, and an infinite PSNR: a gap in the line. */
const finite = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : value);

function useMeasuring(left: ComparedVideo, right: ComparedVideo) {
  const store = useStudioStore();
  const [measuring, setMeasuring] = useState<Measuring>({ status: 'idle' });
  const stop = (): void => {
    const { editor } = store.getState();
    // The measurement itself says that it was stopped.
    editor()
      .cancelMeasure()
      .catch(() => undefined);
  };
  const measure = async (): Promise<void> => {
    const editor = store.getState().editor();
    const compared = left.width === right.width && left.height === right.height && left.frames === right.frames;
    const report = (done: number): void => setMeasuring({ status: 'running', share: done / (left.frames + right.frames) });
    report(0);
    try {
      const first = await editor.measure(left.id, compared ? right.id : undefined, report);
      const second = await editor.measure(right.id, undefined, (frame) => report(left.frames + frame));
      setMeasuring({ status: 'done', pair: { left: first, right: second, compared } });
    } catch (error) {
      const problem = problemOf(error);
      setMeasuring(problem.code === 'cancelled' ? { status: 'idle' } : { status: 'failed', problem });
    }
  };
  // Figures of a pair that is no longer looked at are not worth the time.
  useEffect(
    () => () => {
      store
        .getState()
        .editor()
        .cancelMeasure()
        .catch(() => undefined);
    },
    [store],
  );
  return { measuring, measure: () => void measure(), stop };
}
