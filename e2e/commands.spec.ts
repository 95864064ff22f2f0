/** Commands by palette and by keys, and the keys that a person chooses. */
import { expect, type Page } from '@playwright/test';
import { axeFindings } from './axe';
import type { ServedHarness } from './harness/serve';
import { test } from './harness/test';

let harness: ServedHarness;

test.beforeAll(({ harness: served }) => {
  harness = served;
});

async function open(page: Page): Promise<void> {
  await page.goto(`${harness.address}?part=works`);
  await page.getByText('of graphics memory').waitFor();
}

test('a command is found by typing, and run where the focus was', async ({ page }) => {
  await open(page);
  const root = page.locator('.aiprod-studio');
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
  await prompt.focus();
  await page.keyboard.press('Control+k');
  const search = page.getByRole('combobox', { name: 'Search commands' });
  await expect(search).toBeFocused();
  expect(await axeFindings(page)).toEqual([]);
  await page.keyboard.type('dark');
  await expect(page.getByRole('dialog').getByRole('option')).toHaveText(/Dark theme/);
  await page.keyboard.press('Enter');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(prompt).toBeFocused();
  await page.keyboard.press('Control+k');
  await expect(search).toHaveValue('');
  await page.keyboard.type('no such thing');
  await expect(page.getByText('No command has such a name.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(search).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('edit');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Edit', exact: true })).toHaveAttribute('aria-current', 'page');
});

test('the map of keys shows them and gives a command another, unless it is taken', async ({ page }) => {
  await open(page);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('?');
  const map = page.getByRole('dialog', { name: 'Keyboard' });
  const keys = map.getByRole('button', { name: /^Change the keys of: Go to Edit/ });
  await expect(keys).toHaveAccessibleName('Change the keys of: Go to Edit. Now 2');
  expect(await axeFindings(page)).toEqual([]);
  await keys.click();
  await page.keyboard.press('m');
  await expect(map.getByText('M already belongs to: Mute or unmute')).toBeVisible();
  await page.keyboard.press('c');
  await expect(keys).toHaveAccessibleName('Change the keys of: Go to Edit. Now C');
  await page.keyboard.press('Escape');
  await expect(map).toBeHidden();
  await page.reload();
  await page.getByText('of graphics memory').waitFor();
  // What is typed into a field is no command.
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('');
  await page.keyboard.type('c');
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue('c');
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('c');
  await expect(page.getByRole('button', { name: 'Edit', exact: true })).toHaveAttribute('aria-current', 'page');
  await page.keyboard.press('?');
  await map.getByRole('button', { name: 'Reset Go to Edit to its own key' }).click();
  await expect(keys).toHaveAccessibleName('Change the keys of: Go to Edit. Now 2');
});
