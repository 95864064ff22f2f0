/** What the built page keeps between visits, with the real model on the software adapter. */
import { expect, test, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { droppedFile } from './dropped-file';

const minutes = 60_000;
const prompt = 'a red ball bouncing up and down over the grass by day';

async function openStudio(page: Page): Promise<void> {
  await page.goto('./');
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
}

async function fill(page: Page, steps: number): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill(prompt);
  await page.getByRole('spinbutton', { name: 'Steps' }).fill(String(steps));
  await page.getByRole('spinbutton', { name: 'Seed' }).fill('7');
}

const clipIsDone = (page: Page): Promise<void> => page.getByRole('link', { name: /Download/ }).waitFor({ timeout: 12 * minutes });
const project = (page: Page) => page.getByRole('button', { name: /^Project: / });

test('clips, their tree and the project are there after a reload', async ({ page }) => {
  // A dialog of the system could not be answered here: files are downloaded.
  await page.addInitScript(() => Object.defineProperty(window, 'showSaveFilePicker', { value: undefined }));
  await openStudio(page);
  await fill(page, 2);
  await page.getByRole('button', { name: 'Generate' }).click();
  await clipIsDone(page);
  await project(page).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Kite');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(project(page)).toHaveAccessibleName('Project: Kite. Saved in this browser');
  await page.reload();
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await expect(project(page)).toHaveAccessibleName('Project: Kite. Saved in this browser');
  // The clip is decoded from its file, and the form stands as it was left.
  await expect(page.getByRole('img', { name: /^Frame \d+ of 17/ })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue(prompt);
  await page.getByRole('button', { name: 'Use its settings' }).click();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill(prompt.replace('red', 'blue'));
  await page.getByRole('button', { name: 'Generate' }).click();
  const child = page.getByRole('treeitem', { name: /Clip 2/ });
  await child.waitFor({ timeout: 12 * minutes });
  await expect(child).toHaveAttribute('aria-level', '2');
  await expect(child).toContainText('−red +blue');
  const parent = page.getByRole('treeitem', { name: /Clip 1/ });
  await parent.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(parent).toHaveAttribute('aria-expanded', 'false');
  await expect(child).toHaveCount(0);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(child).toBeFocused();

  // Dropped on the page, a clip's file gives its settings back, and a project's file opens.
  await parent.click();
  const [clip] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /Download/ }).click()]);
  await drop(page, 'kept.mp4', await readFile(await clip.path()));
  const told = page.getByRole('status').filter({ hasText: 'The form has the settings of kept.mp4.' });
  await expect(told).toContainText('The files of its model are the same here. It was made on the same graphics card.');
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue(prompt);
  await project(page).click();
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await expect(page.getByRole('treeitem')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await drop(page, saved.suggestedFilename(), await readFile(await saved.path()));
  await expect(page.getByRole('treeitem')).toHaveCount(2);
  await expect(project(page)).toHaveAccessibleName('Project: Kite. Saved in this browser');
  await expect(page.getByRole('img', { name: /^Frame \d+ of 17/ })).toBeVisible();
});

/** Drops a file on the page, as from the system's file manager. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const dataTransfer = await droppedFile(page, name, bytes);
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('main', type, { dataTransfer });
}
