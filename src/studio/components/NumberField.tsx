import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { numberIssue, type NumberField as FieldName, type NumberRange } from '../state/settings';
import { useStudio } from '../state/context';
import { FieldIssueLine } from './FieldIssueLine';
import styles from './Field.module.css';

export interface NumberFieldProps {
  readonly field: FieldName;
  readonly label: string;
  /** What the setting does, in plain words. */
  readonly help: string;
  readonly range: NumberRange;
  /** Shows a slider over this range beside the number; the number may go beyond. */
  readonly slider?: { readonly min: number; readonly max: number };
  /** What the value means, for instance seconds. */
  readonly meaning?: string;
}

/** A number of the form: typed or slid; a value that cannot be used says why and offers the nearest that can. */
export function NumberField({ field, label, help, range, slider, meaning }: NumberFieldProps) {
  const t = useTranslations('fields');
  const id = useId();
  const value = useStudio((state) => state.draft[field]);
  const edit = useStudio((state) => state.edit);
  const issue = numberIssue(field, value, range);
  const change = (text: string): void => edit({ [field]: text });
  return (
    <div className={styles.field} data-invalid={issue !== undefined}>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        {meaning !== undefined && <span className={styles.meaning}>{meaning}</span>}
      </div>
      <div className={styles.controls}>
        {slider !== undefined && (
          <input
            type="range"
            className={styles.range}
            aria-label={t('slider', { label })}
            min={slider.min}
            max={slider.max}
            step={range.step}
            value={Number.isFinite(Number(value)) ? Number(value) : slider.min}
            style={{ '--share': shareOf(Number(value), slider) }}
            onChange={(event) => change(event.target.value)}
          />
        )}
        <div className={styles.number}>
          <input
            id={id}
            type="number"
            inputMode={range.whole ? 'numeric' : 'decimal'}
            min={range.min}
            max={range.max}
            step={range.step}
            value={value}
            aria-invalid={issue !== undefined}
            aria-describedby={`${id}-help${issue === undefined ? '' : ` ${id}-issue`}`}
            onChange={(event) => change(event.target.value)}
          />
          {range.unit === 'px' && (
            <span className={styles.unit} aria-hidden="true">
              px
            </span>
          )}
        </div>
      </div>
      <p id={`${id}-help`} className={styles.help}>
        {help}
      </p>
      <FieldIssueLine id={`${id}-issue`} issue={issue} onUse={change} />
    </div>
  );
}

function shareOf(value: number, { min, max }: { min: number; max: number }): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0;
}
