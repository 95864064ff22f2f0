/**
 * Pictures of every state, in both themes, wide and narrow, into the folder that AIPROD_SCREENS names; without it this file is not
 * part of a run. `clip` is made by the model in the built page; the other states are reached with the played generator.
 */
import { test, type Page } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serveHarness } from './harness/serve';

const folder = process.env.AIPROD_SCREENS ?? 'docs/screens';
const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

let harness: Awaited<ReturnType<typeof serveHarness>>;

test.beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  harness = await serveHarness();
});
test.afterAll(() => harness.close());

const states: Record<string, (page: Page) => Promise<void>> = {
  async 'first-visit'(page) {
    await open(page, '?part=works');
  },
  async generating(page) {
    await open(page, '?part=holds&step=80');
    await page.getByRole('button', { name: /red ball/ }).click();
    await page.getByRole('button', { name: 'Generate' }).click();
    await page.getByRole('progressbar', { name: 'Progress' }).getByText('step 6 of 16').waitFor();
  },
  async stopped(page) {
    await states.generating(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
  },
  async done(page) {
    await open(page, '?part=works');
    for (const example of [/purple heart/, /red ball/]) {
      await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('');
      if (await page.getByRole('button', { name: example }).isVisible()) await page.getByRole('button', { name: example }).click();
      else await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball bouncing up and down on grass by day');
      await page.getByRole('button', { name: 'Generate' }).click();
      await page.getByRole('link', { name: /Download/ }).waitFor();
    }
    await page.getByRole('slider', { name: 'Frame', exact: true }).fill('6');
  },
  async sound(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('button', { name: /^ltx-2-example/ }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page
      .getByRole('textbox', { name: 'Prompt', exact: true })
      .fill('a drummer on a roof in the rain, the beat echoes from the houses');
    await page.getByRole('button', { name: 'Generate' }).click();
    await page.getByRole('link', { name: /Download/ }).waitFor();
    await page.keyboard.press('Home');
    for (let frame = 0; frame < 20; frame++) await page.keyboard.press('ArrowRight');
  },
  async models(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
  },
  async 'too-large'(page) {
    await open(page, '?part=works');
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
    await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('0.05');
    await page.getByText('the limit is').waitFor();
  },
  async 'bad-size'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /green ring/ }).click();
    await page.getByRole('spinbutton', { name: 'Width' }).fill('70');
    await page.getByText('steps of 16 pixels').first().scrollIntoViewIfNeeded();
  },
  async 'this-machine'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /About this machine/ }).click();
  },
  async 'device-lost'(page) {
    await open(page, '?part=device-lost');
    await page.getByRole('button', { name: /red ball/ }).click();
    await page.getByRole('button', { name: 'Generate' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
  },
  async error(page) {
    await open(page, '?part=out-of-memory');
    await page.getByRole('button', { name: /red ball/ }).click();
    await page.getByRole('button', { name: 'Generate' }).click();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
  },
  async 'no-adapter'(page) {
    await page.goto(`${harness.address}?part=no-adapter`);
    await page.getByRole('heading', { name: 'No graphics adapter is available' }).waitFor();
  },
  async clip(page) {
    await page.goto('./');
    await page.getByText('of graphics memory').waitFor();
    for (const example of ['a yellow star rising in the sky at night', 'a red ball bouncing up and down on grass by day']) {
      await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill(example);
      await page.getByRole('button', { name: 'Generate' }).click();
      await page.getByRole('link', { name: /Download/ }).waitFor({ timeout: 300_000 });
    }
    await page.getByRole('slider', { name: 'Frame', exact: true }).fill('6');
  },
  async update(page) {
    await open(page, '?part=works&update');
    await page.getByText('A new version is ready').waitFor();
  },
};

async function open(page: Page, query: string): Promise<void> {
  await page.goto(harness.address + query);
  await page.getByText('of graphics memory').waitFor();
}

for (const theme of ['light', 'dark'] as const) {
  for (const viewport of sizes) {
    test.describe(`${theme} ${viewport.width}`, { tag: '@screens' }, () => {
      test.use({ colorScheme: theme, viewport, reducedMotion: 'reduce' });
      for (const [name, reach] of Object.entries(states)) {
        test(name, async ({ page }) => {
          await reach(page);
          await page.waitForTimeout(300);
          await page.screenshot({ path: join(folder, `${name}-${theme}-${viewport.width}.png`) });
        });
      }
    });
  }
}
