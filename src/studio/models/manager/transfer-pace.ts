/** How far a transfer was at a moment. */
export interface PaceSample {
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
  readonly bytes: number;
}

/** How fast a transfer goes, and how long it will take from here. */
export interface Pace {
  readonly bytesPerSecond: number;
  /** Undefined where nobody says how much it will be. */
  readonly secondsLeft: number | undefined;
}

/** What counts of the past, in milliseconds: long enough to be calm, short enough to notice another network. */
const memory = 20_000;

/** The samples with another at their end, without those that are too old to count; the last two always count. */
export function withSample(samples: readonly PaceSample[], sample: PaceSample): readonly PaceSample[] {
  const recent = samples.filter(({ at }, index) => index === samples.length - 1 || sample.at - at <= memory);
  return [...recent, sample];
}

/** Undefined until something has arrived in a time that can be told. */
export function paceOf(samples: readonly PaceSample[], totalBytes: number | undefined): Pace | undefined {
  const first = samples.at(0);
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at || last.bytes <= first.bytes) return undefined;
  const bytesPerSecond = ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  return { bytesPerSecond, secondsLeft: totalBytes === undefined ? undefined : Math.max(0, totalBytes - last.bytes) / bytesPerSecond };
}
