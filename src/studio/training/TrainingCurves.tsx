import { useId, useMemo, useState } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import type { StepMetrics } from '../../training-run/web';
import { LineChart, type ChartLine } from '../charts/LineChart';
import { useUnits } from '../i18n/use-units';
import { smoothed, thinned } from './smoothing';
import field from '../components/Field.module.css';
import styles from './TrainingCurves.module.css';

/** Most points of a curve that are drawn. */
const drawnPoints = 2000;
/** Rows of the table. */
const tableRows = 50;

/** The figures of a run over its steps. */
export function TrainingCurves({ metrics }: { readonly metrics: readonly StepMetrics[] }) {
  const t = useTranslations('training');
  const format = useFormatter();
  const { bytes: bytesWords } = useUnits();
  const id = useId();
  const [weight, setWeight] = useState(0.9);
  const losses = useMemo(
    () =>
      smoothed(
        metrics.map(({ loss }) => loss),
        weight,
      ),
    [metrics, weight],
  );
  const shown = useMemo(
    () =>
      thinned(
        metrics.map((one, at) => ({ ...one, smooth: losses[at] })),
        drawnPoints,
      ),
    [metrics, losses],
  );
  const places = useMemo(() => shown.map(({ step }) => step), [shown]);
  const digits = (value: number): string => format.number(value, { maximumSignificantDigits: 4 });
  const power = (value: number): string => format.number(value, value === 0 ? {} : { notation: 'scientific', maximumSignificantDigits: 3 });
  const last = metrics.at(-1);
  if (last === undefined) return <p className={styles.none}>{t('noSteps')}</p>;

  const curve = (title: string, of: (one: StepMetrics) => number | undefined, words: (value: number) => string) => {
    const values = shown.map((one) => of(one) ?? null);
    const line: ChartLine = { label: title, values, color: '--accent' };
    return values.some((value) => value !== null) ? (
      <LineChart
        key={title}
        {...{ title, places, summary: summaryOf(title, values, words), placeLabel: t('step'), lines: [line], format: words, syncKey: id }}
      />
    ) : null;
  };
  const summaryOf = (title: string, values: readonly (number | null)[], words: (value: number) => string): string => {
    const known = values.flatMap((value, at) => (value === null ? [] : [{ value, step: places[at] }]));
    const [first] = known;
    const end = known[known.length - 1];
    const least = known.reduce((lowest, { value }) => Math.min(lowest, value), Infinity);
    return t('charts.summary', {
      ...{ title, first: words(first.value), from: first.step, last: words(end.value), to: end.step, least: words(least) },
    });
  };
  const lossLines: ChartLine[] = [
    { label: t('charts.lossRaw'), values: shown.map(({ loss }) => loss), color: '--ink-muted', faint: true },
    { label: t('charts.lossSmooth'), values: shown.map(({ smooth }) => smooth), color: '--accent' },
  ];
  return (
    <section className={styles.curves}>
      <div className={styles.head}>
        <dl className={styles.facts}>
          {(
            [
              ['step', format.number(last.step)],
              ['epoch', format.number(last.epoch)],
              ['loss', digits(losses[losses.length - 1])],
              ['rate', digits(last.seconds)],
              ['memory', bytesWords(last.gpu_bytes)],
            ] as const
          ).map(([name, value]) => (
            <div key={name}>
              <dt>{t(`facts.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <label className={styles.smoothing} title={t('smoothingHelp')}>
          {t('smoothing')}
          <input
            type="range"
            className={field.range}
            min={0}
            max={0.99}
            step={0.01}
            value={weight}
            style={{ '--share': weight / 0.99 }}
            aria-valuetext={format.number(weight, { style: 'percent' })}
            onChange={({ target }) => setWeight(Number(target.value))}
          />
        </label>
      </div>
      <div className={styles.charts}>
        <div className={styles.wide}>
          <LineChart
            title={t('charts.loss')}
            summary={summaryOf(t('charts.loss'), lossLines[1].values, digits)}
            {...{ places, placeLabel: t('step'), lines: lossLines, format: digits, syncKey: id, height: 260 }}
          />
        </div>
        {curve(t('charts.learningRate'), (one) => one.learning_rate, power)}
        {curve(t('charts.gradientNorm'), (one) => one.gradient_norm, digits)}
        {curve(t('charts.seconds'), (one) => one.seconds, digits)}
        {curve(t('charts.memory'), (one) => one.gpu_bytes, bytesWords)}
      </div>
      <details className={styles.table}>
        <summary>{t('table')}</summary>
        <div className={styles.scroll}>
          <table>
            <thead>
              <tr>
                {(['step', 'epoch', 'loss', 'rate', 'memory'] as const).map((name) => (
                  <th key={name} scope="col">
                    {t(`facts.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {thinned(shown, tableRows).map(({ step, epoch, smooth, seconds, gpu_bytes: bytes }) => (
                <tr key={step}>
                  <th scope="row">{format.number(step)}</th>
                  <td>{format.number(epoch)}</td>
                  <td>{digits(smooth)}</td>
                  <td>{digits(seconds)}</td>
                  <td>{bytesWords(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
