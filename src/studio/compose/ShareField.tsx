import { useId } from 'react';
import field from '../components/Field.module.css';

export interface ShareFieldProps {
  readonly label: string;
  /** What the value means, in words. */
  readonly meaning: string;
  readonly help?: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}

/** A number that is slid rather than typed, with its meaning beside it. */
export function ShareField({ label, meaning, help, value, min = 0, max = 1, step = 0.05, onChange }: ShareFieldProps) {
  const id = useId();
  return (
    <div className={field.field}>
      <div className={field.head}>
        <label htmlFor={id} className={field.label}>
          {label}
        </label>
        <span className={field.meaning}>{meaning}</span>
      </div>
      <input
        id={id}
        type="range"
        className={field.range}
        min={min}
        max={max}
        step={step}
        value={value}
        style={{ '--share': (value - min) / (max - min) }}
        aria-valuetext={meaning}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      {help !== undefined && (
        <p id={`${id}-help`} className={field.help}>
          {help}
        </p>
      )}
    </div>
  );
}
