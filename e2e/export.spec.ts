/** An export that a reload cuts off: told, nothing of it left behind, and made again. */
import { expect, type Page } from '@playwright/test';
import { exported } from './on-timeline';
import { readFrames } from './read-media';
import { test } from './harness/test';

/** Files of downloads in the browser's private file system, in all folders. */
function downloadsLeft(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const all = await (await navigator.storage.getDirectory()).getDirectoryHandle('exports', { create: true });
    const files: string[] = [];
    for await (const visit of all.keys())
      for await (const name of (await all.getDirectoryHandle(visit)).keys()) files.push(`${visit}/${name}`);
    return files;
  });
}

test('an export that a reload cuts off is told of on the next visit, leaves no half film, and is made again', async ({ page, harness }) => {
  // A browser that has no dialogs for where a file goes: exports are downloads.
  await page.addInitScript(() => Object.defineProperty(window, 'showSaveFilePicker', { value: undefined }));
  const openEditor = async (): Promise<void> => {
    await page.getByText('of graphics memory').waitFor();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
  };
  await page.goto(`${harness.address}?part=works&keep`);
  await openEditor();
  await page.getByRole('button', { name: 'Add a title at the playhead' }).click();
  await expect(page.getByRole('button', { name: /^Project: .*Saved in this browser/ })).toBeVisible();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Export' });
  // Long enough for being cut off in the middle.
  await dialog.getByLabel('Frames a second', { exact: true }).selectOption('60');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const row = page.getByRole('list', { name: 'Exports' }).getByRole('listitem');
  await expect(row.getByText(/^Frame [1-9]\d* of 180/)).toBeVisible();
  const [begun] = await downloadsLeft(page);
  expect(begun).toBeDefined();

  // The browser asks whether to leave, and is told yes.
  const asked = page.waitForEvent('dialog');
  const answered = asked.then((dialog) => dialog.accept().then(() => dialog.type()));
  await page.reload();
  expect(await answered).toBe('beforeunload');
  await openEditor();
  await expect(row).toHaveCount(1);
  await expect(row.getByRole('alert')).toContainText('The export was cut off.');
  await expect.poll(() => downloadsLeft(page)).toEqual([]);
  await row.getByRole('button', { name: /^Remove .* from the list$/ }).click();
  await expect(row).toHaveCount(0);

  const film = await exported(page, { Format: 'mp4', Size: '240', 'Frames a second': '12' });
  expect((await readFrames(film)).frames).toHaveLength(36);
});
