import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { monotoneCurve, type CurvePoints, type Effect } from '../../../project';
import { PlotPoint } from './PlotPoint';
import styles from './Plot.module.css';

export interface ColorCurvesProps {
  readonly curves: Effect['curves'];
  readonly onChange: (curves: NonNullable<Effect['curves']>) => void;
}

const channels = ['master', 'red', 'green', 'blue'] as const;
const [side, edge] = [200, 12];
const left = (x: number): number => edge + x * side;
const top = (y: number): number => edge + (1 - y) * side;
const unitsAt = (atLeft: number, atTop: number): readonly [number, number] => [(atLeft - edge) / side, 1 - (atTop - edge) / side];
const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
/** Points do not come nearer to each other than this. */
const apart = 0.01;
const most = 16;
const straight: CurvePoints = [
  [0, 0],
  [1, 1],
];

/** Curves of tones: dark to light from left to right, what they become upwards. A click in the plot adds a point, a double click takes it away. */
export function ColorCurves({ curves = {}, onChange }: ColorCurvesProps) {
  const t = useTranslations('inspector');
  const [channel, setChannel] = useState<(typeof channels)[number]>('master');
  const points = curves[channel] ?? straight;
  const set = (next: CurvePoints): void => onChange({ ...curves, [channel]: next.map(([x, y]): [number, number] => [x, y]) });
  const move = (index: number, x: number, y: number): void => {
    const lowest = index === 0 ? 0 : points[index - 1][0] + apart;
    const highest = index === points.length - 1 ? 1 : points[index + 1][0] - apart;
    set(points.map((point, at) => (at === index ? [share(Math.min(highest, Math.max(lowest, x))), share(y)] : point)));
  };
  const add = (x: number): void => {
    if (points.length >= most || points.some(([other]) => Math.abs(other - x) < 2 * apart)) return;
    set([...points, [share(x), share(monotoneCurve(points)(x))] as const].toSorted((a, b) => a[0] - b[0]));
  };
  const lineOf = (of: CurvePoints): string => {
    const curve = monotoneCurve(of);
    return Array.from({ length: 101 }, (_, at) => `${at === 0 ? 'M' : 'L'}${left(at / 100)} ${top(curve(at / 100))}`).join('');
  };
  return (
    <div className={styles.curves}>
      <div className={styles.channels} role="radiogroup" aria-label={t('channel')}>
        {channels.map((name) => (
          <label key={name} className={styles.channel} data-channel={name}>
            <input type="radio" name={t('channel')} checked={channel === name} onChange={() => setChannel(name)} />
            {t(`channels.${name}`)}
          </label>
        ))}
      </div>
      <svg
        className={styles.plot}
        data-channel={channel}
        viewBox={`0 0 ${side + 2 * edge} ${side + 2 * edge}`}
        role="group"
        aria-label={t('curveOf', { channel: t(`channels.${channel}`) })}
        onPointerDown={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          add(share(unitsAt(((event.clientX - box.left) / box.width) * (side + 2 * edge), 0)[0]));
        }}
      >
        <rect className={styles.frame} x={left(0)} y={top(1)} width={side} height={side} />
        <path
          className={styles.grid}
          d={[0.25, 0.5, 0.75].map((at) => `M${left(at)} ${top(0)}V${top(1)}M${left(0)} ${top(at)}H${left(1)}`).join('')}
        />
        {channels.map((name) => {
          const other = curves[name];
          return name === channel || other === undefined ? null : (
            <path key={name} className={styles.other} data-channel={name} d={lineOf(other)} />
          );
        })}
        <path className={styles.curve} d={lineOf(points)} />
        {points.map(([x, y], index) => (
          <PlotPoint
            key={index}
            {...{
              unitsAt,
              x,
              y,
              at: [left(x), top(y)],
              label: t('curvePoint', { number: index + 1 }),
              words: t('point', { x: x * 100, y: y * 100 }),
            }}
            onMove={(toX, toY) => move(index, toX, toY)}
            onRemove={points.length > 2 ? () => set(points.filter((_, at) => at !== index)) : undefined}
          />
        ))}
      </svg>
      <div className={styles.tools}>
        <button type="button" className={styles.tool} aria-disabled={points.length >= most} onClick={() => add(widestGap(points))}>
          {t('addPoint')}
        </button>
        <button type="button" className={styles.tool} onClick={() => set(straight)}>
          {t('straighten')}
        </button>
      </div>
    </div>
  );
}

/** The middle of the widest gap between two points. */
function widestGap(points: CurvePoints): number {
  const middles = points.slice(1).map(([x], at) => ({ width: x - points[at][0], middle: (x + points[at][0]) / 2 }));
  return middles.reduce((widest, gap) => (gap.width > widest.width ? gap : widest)).middle;
}
