import { useTranslations } from 'use-intl';
import type { BezierEasing } from '../../../project';
import { PlotPoint } from './PlotPoint';
import styles from './Plot.module.css';

export interface EasingEditorProps {
  readonly label: string;
  readonly curve: BezierEasing;
  readonly onChange: (curve: BezierEasing) => void;
}

/** The drawing: a square of 160 for 0 to 1, with half as much above and below for curves that overshoot. */
const [side, above, edge] = [160, 56, 16];
const left = (x: number): number => edge + x * side;
const top = (y: number): number => edge + above + (1 - y) * side;
const unitsAt = (atLeft: number, atTop: number): readonly [number, number] => [(atLeft - edge) / side, 1 - (atTop - edge - above) / side];
const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** The cubic Bezier by which a value goes from a keyframe to the next: time to the right, the value upwards. */
export function EasingEditor({ label, curve, onChange }: EasingEditorProps) {
  const t = useTranslations('inspector');
  const [x1, y1, x2, y2] = curve;
  const within = (x: number): number => hundredths(Math.min(1, Math.max(0, x)));
  const high = (y: number): number => hundredths(Math.min(1 + above / side, Math.max(-above / side, y)));
  const words = (x: number, y: number): string => t('point', { x: x * 100, y: y * 100 });
  return (
    <svg
      className={styles.plot}
      viewBox={`0 0 ${side + 2 * edge} ${side + 2 * above + 2 * edge}`}
      role="group"
      aria-label={t('easingCurve', { label })}
    >
      <rect className={styles.frame} x={left(0)} y={top(1)} width={side} height={side} />
      <path className={styles.arm} d={`M${left(0)} ${top(0)}L${left(x1)} ${top(y1)}M${left(1)} ${top(1)}L${left(x2)} ${top(y2)}`} />
      <path className={styles.curve} d={`M${left(0)} ${top(0)}C${left(x1)} ${top(y1)} ${left(x2)} ${top(y2)} ${left(1)} ${top(1)}`} />
      <PlotPoint
        {...{ unitsAt, x: x1, y: y1, at: [left(x1), top(y1)], label: t('firstHandle'), words: words(x1, y1) }}
        onMove={(x, y) => onChange([within(x), high(y), x2, y2])}
      />
      <PlotPoint
        {...{ unitsAt, x: x2, y: y2, at: [left(x2), top(y2)], label: t('secondHandle'), words: words(x2, y2) }}
        onMove={(x, y) => onChange([x1, y1, within(x), high(y)])}
      />
    </svg>
  );
}
