/** What the built page keeps between visits, with the real model on the software adapter. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { seenBy, watchPage } from './watch-page';

const minutes = 60_000;
const prompt = 'a red ball bouncing up and down on grass by day';

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

test('clips, their tree and the project are there after a reload, and a second tab says whose they are', async ({ page, context }) => {
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
  await page.keyboard.press('Enter');
  await expect(child).toHaveAttribute('aria-selected', 'true');
  await page.getByRole('button', { name: 'Star', exact: true }).click();
  await page.getByRole('button', { name: 'Starred only' }).click();
  await expect(page.getByRole('treeitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'Starred only' }).click();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await project(page).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
    await page.screenshot({ path: `test-results/kept-menu-${scheme}.png` });
    await page.keyboard.press('Escape');
    await page.screenshot({ path: `test-results/kept-${scheme}.png` });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: 'test-results/kept-390.png', fullPage: true });
  await expect(project(page)).toHaveAccessibleName('Project: Kite. Saved in this browser');
  const other = await context.newPage();
  await openStudio(other);
  await expect(other.getByText('This project is open in another tab.')).toBeVisible();
  await other.getByRole('button', { name: 'Use it here' }).click();
  await expect(project(other)).toHaveAccessibleName('Project: Kite. Saved in this browser');
  await expect(page.getByText('This project is open in another tab.')).toBeVisible();
});

test('a run that a reload broke off goes on, and gives the same latents', async ({ page }) => {
  await watchPage(page);
  await openStudio(page);
  await fill(page, 12);
  await page.getByRole('button', { name: 'Generate' }).click();
  const progress = page.getByRole('progressbar', { name: 'Progress' });
  await progress.getByText(/step [3-9]\d* of/).waitFor({ timeout: 5 * minutes });
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  const goOn = page.getByRole('button', { name: /^Continue/ });
  await goOn.waitFor();
  await goOn.click();
  await progress.getByText(/step \d+ of 12/).waitFor({ timeout: 5 * minutes });
  const resumedAt = Number(/step (\d+) of/.exec((await progress.textContent()) ?? '')?.[1]);
  expect(resumedAt).toBeGreaterThanOrEqual(2);
  await clipIsDone(page);
  const resumed = (await seenBy(page)).latents;
  expect(resumed).toHaveLength(1);
  // Without what was kept, the same job runs whole.
  await page.reload();
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await fill(page, 12);
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('treeitem', { name: /Clip 2/ }).waitFor({ timeout: 12 * minutes });
  expect((await seenBy(page)).latents).toEqual(resumed);
});
