import type { Locator } from '@playwright/test';

/** Heights of the bars of a drawn waveform, in its own units. */
export function waveformHeights(waveform: Locator): Promise<number[]> {
  return waveform.evaluate((element) =>
    Array.from(
      element
        .querySelector('path')
        ?.getAttribute('d')
        ?.matchAll(/M[\d.]+ (-?[\d.]+)V(-?[\d.]+)/g) ?? [],
      ([, top, end]) => Number(end) - Number(top),
    ),
  );
}
