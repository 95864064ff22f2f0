/** What is seen stays where it is: the layout shift of opening the page and each workspace, and of a visit that finds its clip again. */
import { expect, type Page } from '@playwright/test';
import { test } from './harness/test';

/** Most that may shift, as Chromium scores it: shares of the view that move, times how far. */
const most = 0.02;

/** Must be called before the page is opened. */
async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push(Number(Reflect.get(entry, 'value')));
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** What shifted since it was last asked for, once everything has been still for a while. */
async function shifted(page: Page): Promise<number> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(500);
  return page.evaluate(() => {
    const shifts: unknown = Reflect.get(window, 'shifts');
    if (!Array.isArray(shifts)) throw new Error('nothing watches the page');
    return shifts.splice(0).reduce<number>((sum, shift) => sum + Number(shift), 0);
  });
}

for (const [width, height] of [
  [360, 740],
  [1440, 900],
] as const) {
  test(`the page and its workspaces open without a jump, ${width} pixels wide`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await watchShifts(page);
    await page.goto('./');
    await page.getByText('of graphics memory').waitFor();
    const scores: Record<string, number> = { 'first load': await shifted(page) };
    for (const name of ['Edit', 'Compare', 'Train', 'Create']) {
      // Not pressed: what follows input is not scored.
      await page.getByRole('button', { name, exact: true }).evaluate((tab) => tab instanceof HTMLElement && tab.click());
      await page.locator('main:not([aria-busy])').waitFor();
      scores[name] = await shifted(page);
    }
    console.info(`layout shift at ${width} pixels: ${JSON.stringify(scores)}`);
    for (const [name, score] of Object.entries(scores)) expect(score, name).toBeLessThan(most);
  });
}

test('a visit that finds its clip again opens without a jump, in one column', async ({ page, harness }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await watchShifts(page);
  await page.goto(`${harness.address}?part=works&keep`);
  await page.getByText('of graphics memory').waitFor();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
  await page.getByRole('button', { name: 'Generate' }).click();
  const clip = page.getByRole('link', { name: /Download/ });
  await clip.waitFor();
  await expect(page.getByRole('button', { name: /^Project: .*Saved in this browser/ })).toBeVisible();
  await page.reload();
  await clip.waitFor();
  const score = await shifted(page);
  console.info(`layout shift of a visit that finds its clip again: ${score}`);
  expect(score).toBeLessThan(most);
});
