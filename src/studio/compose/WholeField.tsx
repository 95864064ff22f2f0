import { useId } from 'react';
import field from '../components/Field.module.css';

export interface WholeFieldProps {
  readonly label: string;
  readonly help?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Gets whole numbers on the grid of `step` from `min`, within the range. */
  readonly onChange: (value: number) => void;
}

/** A whole number on a grid: brought there when the field is left. */
export function WholeField({ label, help, value, min, max, step, onChange }: WholeFieldProps) {
  const id = useId();
  const settle = (text: string): void => {
    const wanted = Number(text);
    if (!Number.isFinite(wanted)) return;
    onChange(Math.min(max, Math.max(min, min + Math.round((wanted - min) / step) * step)));
  };
  return (
    <div className={field.field}>
      <label htmlFor={id} className={field.label}>
        {label}
      </label>
      <div className={field.number}>
        <input
          // What stands there is taken over when it is another one from outside.
          key={value}
          id={id}
          type="number"
          inputMode="numeric"
          min={min}
          max={max}
          step={step}
          defaultValue={value}
          aria-describedby={help === undefined ? undefined : `${id}-help`}
          onBlur={(event) => settle(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') settle(event.currentTarget.value);
          }}
        />
      </div>
      {help !== undefined && (
        <p id={`${id}-help`} className={field.help}>
          {help}
        </p>
      )}
    </div>
  );
}
