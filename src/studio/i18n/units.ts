/** Sizes, durations and figures as people of a language write them. */
export interface Units {
  /** `46 MB`, `1.2 GB`, in powers of 1000 as storage is sold and shown. */
  bytes(bytes: number): string;
  /** `8 sec`, `1 min 20 sec`, `2 hr 5 min`, to the whole second; less than one counts as one. */
  duration(seconds: number): string;
  /** Seconds with so many digits after the point: `2.04 sec`. */
  seconds(seconds: number, digits: number): string;
  /** A number with at most so many digits after the point. */
  decimal(value: number, digits: number): string;
  /** @param share 0 to 1 */
  percent(share: number): string;
  /** What lies side by side: `a, b, c`. */
  list(parts: readonly string[]): string;
}

type Unit = 'gigabyte' | 'megabyte' | 'kilobyte' | 'hour' | 'minute' | 'second';

export function unitsOf(locale: string): Units {
  const amount = (value: number, unit: Unit, digits = 0, least = 0): string =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
      minimumFractionDigits: least,
    }).format(value);
  return {
    bytes(bytes) {
      if (bytes >= 1e9) return amount(bytes / 1e9, 'gigabyte', 1, 1);
      if (bytes >= 1e6) return amount(bytes / 1e6, 'megabyte');
      return amount(bytes === 0 ? 0 : Math.max(1, bytes / 1e3), 'kilobyte');
    },
    duration(seconds) {
      const whole = Math.max(1, Math.round(seconds));
      const parts: readonly (readonly [number, Unit])[] =
        whole < 3600
          ? [
              [Math.floor(whole / 60), 'minute'],
              [whole % 60, 'second'],
            ]
          : [
              [Math.floor(whole / 3600), 'hour'],
              [Math.floor((whole % 3600) / 60), 'minute'],
            ];
      return parts
        .filter(([value]) => value > 0)
        .map(([value, unit]) => amount(value, unit))
        .join(' ');
    },
    seconds: (seconds, digits) => amount(seconds, 'second', digits, digits),
    decimal: (value, digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value),
    percent: (share) => new Intl.NumberFormat(locale, { style: 'percent' }).format(share),
    list: (parts) => new Intl.ListFormat(locale, { type: 'unit', style: 'short' }).format(parts),
  };
}
