import type { EffectParameter } from '../../../project';

/** What a number of the inspector may be, and how it is shown. */
export interface FieldRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  readonly unit: EffectParameter['unit'] | 'degrees' | 'decibels' | 'frames';
}

/** Numbers are shown as shares of a hundred where their unit is per cent. */
export const shownFactor = ({ unit }: FieldRange): number => (unit === 'percent' ? 100 : 1);

/** A value as it stands in a field: as many digits as its step has. */
export function shownValue(value: number, range: FieldRange): string {
  const factor = shownFactor(range);
  const digits = Math.max(0, -Math.floor(Math.log10(range.step * factor) + 1e-9));
  return String(Number((value * factor).toFixed(digits)));
}

/** The value that a text stands for, within the range; undefined where it is no number. */
export function typedValue(text: string, range: FieldRange): number | undefined {
  const number = Number(text.replace(',', '.'));
  if (text.trim() === '' || !Number.isFinite(number)) return undefined;
  const value = Math.min(range.max, Math.max(range.min, number / shownFactor(range)));
  return range.unit === 'whole' || range.unit === 'frames' ? Math.round(value) : value;
}
