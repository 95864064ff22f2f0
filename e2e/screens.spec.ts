/**
 * Pictures of every state of the page, in both themes, wide and narrow, into the folder that AIPROD_SCREENS names; without it this file
 * is not part of a run. Each state is reached once, then seen in every theme and size. `clip` is made by the model in the built page;
 * the other states are reached with the played generator.
 */
import type { Locator, Page } from '@playwright/test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { test } from './harness/test';
import { heights, screens, states, usual, type State, type Width } from './screen-states';

const folder = process.env.AIPROD_SCREENS ?? 'docs/screens';

test.beforeAll(async ({ harness }) => {
  await mkdir(folder, { recursive: true });
  screens.address = harness.address;
});

/** Small in the repository, and sharp: text stays legible at this quality. */
async function takePicture(page: Page, name: string): Promise<void> {
  const png = await page.screenshot({ timeout: 120_000 });
  await writeFile(join(folder, `${name}.webp`), await sharp(png).webp({ quality: 68, effort: 5, smartSubsample: true }).toBuffer());
}

async function bringIntoSight(page: Page, target: Locator | undefined): Promise<void> {
  if (target === undefined) await page.evaluate(() => window.scrollTo(0, 0));
  else await target.evaluate((element) => element.scrollIntoView({ block: 'center' }));
}

async function picturesOf(page: Page, name: string, { reach, sight, widths = usual, then = {} }: State): Promise<void> {
  const size = (width: Width) => page.setViewportSize({ width, height: heights[width] });
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
  await size(1440);
  await reach(page);
  for (const width of widths) {
    await size(width);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await bringIntoSight(page, sight?.(page));
      await page.waitForTimeout(width === 1440 ? 300 : 500);
      await takePicture(page, `${name}-${theme}-${width}`);
    }
  }
  for (const [next, state] of Object.entries(then)) await picturesOf(page, next, state);
}

for (const [name, state] of Object.entries(states)) {
  test(name, { tag: '@screens' }, async ({ page }) => {
    test.setTimeout(15 * 60_000);
    await picturesOf(page, name, state);
  });
}

test('forced colours', { tag: '@screens' }, async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
  await page.setViewportSize({ width: 1440, height: heights[1440] });
  test.setTimeout(15 * 60_000);
  for (const name of ['create', 'history', 'edit', 'compare-wipe']) {
    await states[name].reach(page);
    await takePicture(page, `${name}-forced-colors-1440`);
  }
});
