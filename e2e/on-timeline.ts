/** What tests read of the timeline, and of what is exported from it. */
import { expect, type Locator, type Page } from '@playwright/test';

/** First frames of the clips of a name, at 24 frames a second, as their labels tell them. */
export async function starts(clip: Locator): Promise<number[]> {
  const labels = await clip.evaluateAll((all) => all.map((element) => element.getAttribute('aria-label') ?? ''));
  return labels.map((label) => {
    const [, minutes, seconds, frames] = (/from \d\d:(\d\d):(\d\d):(\d\d)/.exec(label) ?? []).map(Number);
    return (minutes * 60 + seconds) * 24 + frames;
  });
}

/** Exports the sequence as the dialog is filled in. @returns the path of what was downloaded */
export async function exported(page: Page, choices: Readonly<Record<string, string>>): Promise<string> {
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Export' });
  for (const [label, option] of Object.entries(choices)) await dialog.getByLabel(label, { exact: true }).selectOption(option);
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const row = page.getByRole('list', { name: 'Exports' }).getByRole('listitem');
  const downloading = page.waitForEvent('download');
  await row.getByRole('link', { name: 'Download' }).click();
  const path = await (await downloading).path();
  await row.getByRole('button').click();
  await expect(row).toHaveCount(0);
  return path;
}

/** Mean difference of two pictures in steps of 255. */
export const difference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length;
export const brightness = (rgba: Uint8Array): number => rgba.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / rgba.length;
