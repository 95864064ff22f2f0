import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { shownFactor, shownValue, typedValue, type FieldRange } from './units';
import styles from './Inspector.module.css';

export interface ValueControlsProps {
  readonly label: string;
  readonly value: number;
  readonly range: FieldRange;
  readonly onChange: (value: number) => void;
}

/** A slider and a number that say the same; the number is taken when it is finished, by Enter or by leaving it. */
export function ValueControls({ label, value, range, onChange }: ValueControlsProps) {
  const t = useTranslations('inspector');
  const [typed, setTyped] = useState<string>();
  const unit = t(`units.${range.unit}`);
  const finish = (): void => {
    const next = typed === undefined ? undefined : typedValue(typed, range);
    setTyped(undefined);
    if (next !== undefined && next !== value) onChange(next);
  };
  /** Of the way from the least to the most. */
  const shareOf = (one: number): number => (one - range.min) / (range.max - range.min);
  const slidden = Math.min(range.max, Math.max(range.min, value));
  return (
    <>
      <input
        type="range"
        className={styles.slider}
        aria-label={label}
        aria-valuetext={`${shownValue(value, range)} ${unit}`.trim()}
        min={range.min}
        max={range.max}
        step={range.step}
        value={slidden}
        style={{ '--share': shareOf(slidden), '--origin': shareOf(Math.min(range.max, Math.max(range.min, 0))) }}
        onChange={(event) => onChange(Number(event.target.value))}
        onDoubleClick={() => onChange(range.default)}
      />
      <span className={styles.number}>
        <input
          type="text"
          inputMode="decimal"
          aria-label={unit === '' ? t('number', { label }) : t('numberIn', { label, unit })}
          value={typed ?? shownValue(value, range)}
          onChange={(event) => setTyped(event.target.value)}
          onFocus={(event) => event.target.select()}
          onBlur={finish}
          onKeyDown={(event) => {
            if (event.key === 'Enter') finish();
            if (event.key === 'Escape') setTyped(undefined);
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            const by = range.step * (event.shiftKey ? 10 : 1) * (event.key === 'ArrowUp' ? 1 : -1);
            setTyped(undefined);
            const next = typedValue(shownValue(value + by, range), range);
            if (next !== undefined) onChange(next);
          }}
        />
        {unit !== '' && (
          <span className={styles.unit} aria-hidden="true" data-scaled={shownFactor(range) !== 1}>
            {unit}
          </span>
        )}
      </span>
    </>
  );
}
