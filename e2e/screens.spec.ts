/**
 * Pictures of every state, in both themes, wide and narrow, into the folder that AIPROD_SCREENS names; without it this file is not
 * part of a run. `clip` is made by the model in the built page; the other states are reached with the played generator.
 */
import { test, type Page } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWav } from '../src/media';
import { serveHarness } from './harness/serve';

const folder = process.env.AIPROD_SCREENS ?? 'docs/screens';
const sizes = [
  { width: 1280, height: 900 },
  { width: 360, height: 780 },
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
  async 'own-sound'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('button', { name: /^ltx-2-example/ }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a drummer on a roof in the rain');
    const beats = Float32Array.from({ length: 7 * 24_000 }, (_, k) => {
      const seconds = k / 24_000;
      return Math.sin(2 * Math.PI * 180 * seconds) * Math.exp(-6 * (seconds % 0.5)) * (0.3 + 0.1 * Math.floor(seconds));
    });
    const buffer = Buffer.from(encodeWav({ sampleRate: 24_000, channels: [beats] }));
    await page.getByLabel('File of a sound').setInputFiles({ name: 'rain-on-a-roof.wav', mimeType: 'audio/wav', buffer });
    const part = page.getByRole('slider', { name: 'Where the clip begins in the sound' });
    for (let step = 0; step < 3; step++) await part.press('PageUp');
    await page.getByRole('button', { name: 'Web', exact: true }).click();
    await part.scrollIntoViewIfNeeded();
  },
  async loudness(page) {
    await states['own-sound'](page);
    await page.getByRole('textbox', { name: 'Loudness' }).fill('23');
    await page.getByRole('button', { name: 'Use -23' }).scrollIntoViewIfNeeded();
  },
  async 'folder-again'(page) {
    await page.addInitScript(() => {
      FileSystemHandle.prototype.queryPermission = () => Promise.resolve('prompt');
    });
    await open(page, '?part=works');
    await page.evaluate(async () => {
      const handle = await (await navigator.storage.getDirectory()).getDirectoryHandle('ltx-2-distilled', { create: true });
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open('aiprod-studio');
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(new Error('the page keeps no folders'));
      });
      const writing = database.transaction('folders', 'readwrite');
      writing.objectStore('folders').put([{ id: '1', name: handle.name, handle }], 'folders');
      await new Promise((resolve) => (writing.oncomplete = resolve));
    });
    await page.reload();
    // In one column the bar with the button lies over the lower end of the view.
    await page.getByRole('button', { name: 'Open it again' }).evaluate((button) => button.scrollIntoView({ block: 'center' }));
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
  async timeline(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('button', { name: /^ltx-2-example/ }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a drummer on a roof in the rain');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.getByRole('button', { name: 'Add to timeline' }).click();
    await page.getByRole('button', { name: 'Show in Edit' }).click();
    for (let count = 1; count < 3; count++) await page.getByRole('button', { name: /^Add a-drummer.* to the timeline/ }).click();
    await page.getByRole('gridcell', { name: /V1, from 00:00:02:01/ }).click();
    await page.keyboard.press('Alt+Shift+ArrowRight');
    await page.getByRole('slider', { name: 'Playhead' }).focus();
    for (let tens = 0; tens < 3; tens++) await page.keyboard.press('PageUp');
    await page.keyboard.press('m');
    await page.keyboard.press('0');
    await page.waitForTimeout(1500);
    await page.getByRole('region', { name: 'Timeline' }).scrollIntoViewIfNeeded();
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
