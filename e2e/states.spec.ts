/** The page's states and keys with a played generator: quick, and the ends that a healthy machine does not reach. */
import { expect, type Page } from '@playwright/test';
import { encodeWav } from '../src/media';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { axeFindingsInBothThemes } from './axe';
import type { ServedHarness } from './harness/serve';
import { test } from './harness/test';

let harness: ServedHarness;

test.beforeAll(({ harness: served }) => {
  harness = served;
});

const promptField = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });
const generateButton = (page: Page) => page.getByRole('button', { name: 'Generate' });

async function open(page: Page, query: string): Promise<void> {
  await page.goto(harness.address + query);
  await page.getByText('of graphics memory').waitFor();
}

async function generate(page: Page): Promise<void> {
  await promptField(page).fill('a red ball');
  await generateButton(page).click();
}

const states: Record<string, (page: Page) => Promise<void>> = {
  'first visit': (page) => open(page, '?part=works'),
  async generating(page) {
    await open(page, '?part=holds');
    await generate(page);
    await page.getByRole('progressbar', { name: 'Progress' }).getByText('step 6 of 16').waitFor();
  },
  async stopped(page) {
    await states.generating(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
  },
  async done(page) {
    await open(page, '?part=works');
    await generate(page);
    await page.getByRole('link', { name: /Download/ }).waitFor();
  },
  async 'models at hand'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('textbox', { name: 'Fetch a model' }).fill('Lightricks/LTX-Video');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByRole('alert').waitFor();
  },
  async 'a model with conditions'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('textbox', { name: 'Fetch a model' }).fill('Lightricks/LTX-2');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('Read the licence', { exact: true }).click();
    await page.getByText('This machine and its memory').click();
    await page.getByText('Limits of the device').waitFor();
  },
  async 'a model on its way'(page) {
    await states['a model with conditions'](page);
    await page.getByRole('checkbox', { name: /I have read the licence/ }).check();
    await page.getByRole('button', { name: 'Download 39.4 GB' }).click();
    await page.getByRole('progressbar', { name: 'Fetching ltx-2', exact: true }).waitFor();
  },
  async 'done with sound'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('button', { name: /^ltx-2-example/ }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    const own = Buffer.from(encodeWav({ sampleRate: 8000, channels: [Float32Array.from({ length: 24_000 }, (_, k) => Math.sin(k / 9))] }));
    await page.getByLabel('File of a sound').setInputFiles({ name: 'own.wav', mimeType: 'audio/wav', buffer: own });
    await page.getByRole('slider', { name: 'Where the clip begins in the sound' }).waitFor();
    await generate(page);
    await page.getByRole('link', { name: /Download/ }).waitFor();
    await page.getByRole('textbox', { name: 'Loudness' }).fill('23');
    await page.getByRole('button', { name: 'Use -23' }).waitFor();
  },
  async 'bad size'(page) {
    await open(page, '?part=works');
    await page.getByRole('spinbutton', { name: 'Width' }).fill('70');
    await page.getByRole('button', { name: 'Use 64' }).waitFor();
  },
  async 'this machine'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: /About this machine/ }).click();
  },
  async 'device lost'(page) {
    await open(page, '?part=device-lost');
    await generate(page);
    await page.getByRole('heading', { name: 'The graphics card went away' }).waitFor();
  },
  async error(page) {
    await open(page, '?part=out-of-memory');
    await generate(page);
    await page.getByRole('heading', { name: 'The graphics card ran out of memory' }).waitFor();
  },
  async 'no adapter'(page) {
    await page.goto(`${harness.address}?part=no-adapter`);
    await page.getByRole('heading', { name: 'No graphics adapter is available' }).waitFor();
  },
  async 'edit, empty'(page) {
    await open(page, '?part=works');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByText('Nothing on the timeline yet').waitFor();
  },
  async update(page) {
    await open(page, '?part=works&update');
    await page.getByText('A new version is ready').waitFor();
  },
  // Last, for the limit is kept.
  async 'too large'(page) {
    await open(page, '?part=works');
    await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('0.05');
    await page.getByText('the limit is').waitFor();
  },
};

async function axeFindsNothing(page: Page, state: string): Promise<void> {
  expect.soft(await axeFindingsInBothThemes(page), state).toEqual([]);
}

test('axe finds nothing in any state, in either theme', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // Two clips of one line, side by side, and on their way to a file.
  await states.done(page);
  await page.getByRole('button', { name: 'Use its settings' }).click();
  await generate(page);
  await page.getByRole('treeitem', { name: /Clip 2/ }).waitFor();
  await page.getByRole('button', { name: 'Star', exact: true }).click();
  await axeFindsNothing(page, 'history');
  await page.getByRole('button', { name: 'Compare clip 1 with clip 2' }).click();
  await page.getByRole('slider', { name: 'Divider' }).waitFor();
  await axeFindsNothing(page, 'compare');
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Share/ })
    .waitFor();
  await axeFindsNothing(page, 'export');

  for (const [name, reach] of Object.entries(states)) {
    await reach(page);
    await axeFindsNothing(page, name);
  }
});

test('nothing overflows from 360 pixels to 4K', async ({ page }) => {
  for (const reach of [
    states['first visit'],
    states.done,
    states['done with sound'],
    states['a model with conditions'],
    states.generating,
    states['edit, empty'],
    states['no adapter'],
  ]) {
    await reach(page);
    for (const [width, height] of [
      [360, 640],
      [768, 1024],
      [1280, 800],
      [3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  }
});

test('an empty prompt and a bad size say why, and the nearest size is one press away', async ({ page }) => {
  await open(page, '?part=works');
  await expect(generateButton(page)).toHaveAttribute('aria-disabled', 'true');
  await expect(generateButton(page)).toHaveAccessibleDescription('Write a prompt first: say what the clip shows.');
  await promptField(page).fill('a red ball');
  await expect(generateButton(page)).not.toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('spinbutton', { name: 'Width' }).fill('70');
  await expect(page.getByRole('spinbutton', { name: 'Width' })).toHaveAccessibleDescription(
    /steps of 16 pixels; 70 is between two of them/,
  );
  await expect(generateButton(page)).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Use 64' }).click();
  await expect(page.getByRole('spinbutton', { name: 'Width' })).toHaveValue('64');
  await expect(generateButton(page)).not.toHaveAttribute('aria-disabled', 'true');
});

test('the whole way by keyboard: example, settings, generate, step, play', async ({ page }) => {
  await open(page, '?part=works');
  await promptField(page).focus();
  await page.keyboard.type('a red ball');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('link', { name: /Download/ }).waitFor();
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  const position = page.getByTestId('position');
  await page.keyboard.press('Home');
  await expect(position).toHaveText('1 / 17');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(position).toHaveText('3 / 17');
  await page.keyboard.press('ArrowLeft');
  await expect(position).toHaveText('2 / 17');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  await expect(position).toHaveText('1 / 17');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause (space)' })).toBeVisible();
  await expect(position).not.toHaveText('1 / 17');
  await page.keyboard.press('Space');
  const slider = page.getByRole('slider', { name: 'Frame', exact: true });
  await slider.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', 'Frame 2 of 17');
});

test('every frame that is scrubbed to is the frame that is shown', async ({ page }) => {
  await states.done(page);
  const slider = page.getByRole('slider', { name: 'Frame', exact: true });
  const pictures = new Map<number, string>();
  for (const frame of [0, 9, 3, 16, 7, 3, 9, 0, 16]) {
    await slider.fill(String(frame));
    const picture = page.getByRole('img', { name: `Frame ${frame + 1} of 17`, exact: false });
    const content = await picture.evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''));
    expect(content).toBe(pictures.get(frame) ?? content);
    pictures.set(frame, content);
  }
  expect(new Set(pictures.values()).size).toBe(pictures.size);
});

test('stop keeps a run that resume finishes; a lost device offers the same', async ({ page }) => {
  await states.stopped(page);
  await expect(page.getByRole('heading', { name: 'Stopped at step 6 of 16' })).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor();
  await states['device lost'](page);
  await expect(page.getByText('Your clip is kept at step 6 of 16.')).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor();
});

test('a host leaves out all but what one clip needs', async ({ page }) => {
  await open(page, '?part=works&few');
  await expect(page.getByRole('navigation', { name: 'Workspaces' })).toHaveCount(0);
  for (const heading of ['Model', 'Settings', 'Images and video'])
    await expect(page.getByRole('heading', { name: heading })).toHaveCount(0);
  await generate(page);
  await page.getByRole('link', { name: /Download/ }).waitFor();
  await expect(page.getByRole('region', { name: 'Clips of this project' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: /timeline/ })).toHaveCount(0);
  await page.keyboard.press('2');
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('combobox').fill('edit');
  await expect(page.getByRole('option', { name: /Go to Edit/ })).toHaveCount(0);
});

test('a launch finds the open app as it stands: by shortcut, by a clip, by a project', async ({ page }) => {
  // No browser can be told to launch an installed app here: what it would give the page is given in its place.
  await page.addInitScript(() => {
    const setConsumer = (consumer: (launch: unknown) => void): void =>
      window.addEventListener('launched', (event) => event instanceof CustomEvent && consumer(event.detail));
    Object.defineProperty(window, 'launchQueue', { value: { setConsumer } });
  });
  const launch = (targetURL: string, ...names: string[]): Promise<void> =>
    page.evaluate(
      async ([target, files]) => {
        const root = await navigator.storage.getDirectory();
        const handles = await Promise.all(files.map((name) => root.getFileHandle(name)));
        window.dispatchEvent(new CustomEvent('launched', { detail: { targetURL: target, files: handles } }));
      },
      [targetURL, names] as const,
    );
  await states.done(page);
  const prompt = await promptField(page).inputValue();
  const clip = page.getByRole('link', { name: /Download/ });
  const fixture = join(import.meta.dirname, '..', 'fixtures', 'project', 'version-1.json');
  const project = JSON.stringify({ ...z.looseObject({}).parse(JSON.parse(await readFile(fixture, 'utf8'))), name: 'Opened' });
  const href = (await clip.getAttribute('href', { timeout: 5000 })) ?? '';
  await page.evaluate(
    async ([href, project]) => {
      const root = await navigator.storage.getDirectory();
      const copy = async (name: string, content: Blob): Promise<void> =>
        content.stream().pipeTo(await (await root.getFileHandle(name, { create: true })).createWritable());
      await copy('clip.mp4', await (await fetch(href)).blob());
      await copy('other.aiprod', new Blob([project]));
    },
    [href, project] as const,
  );
  const work = page.getByRole('button', { name: 'Use its settings' });
  await expect(work).toBeVisible();
  await launch(new URL('./?open=edit', page.url()).href);
  await expect(page.getByRole('toolbar', { name: 'Viewer tools' })).toBeVisible();
  expect(new URL(page.url()).searchParams.has('open')).toBe(false);

  // Files come without an address where the app is open: Create opens, with the settings of the clip.
  await launch('', 'clip.mp4');
  await expect(page.getByText(/The form has the settings of clip\.mp4/)).toBeVisible();
  await expect(promptField(page)).toHaveValue(prompt);
  await expect(work).toBeVisible();
  await launch('', 'other.aiprod');
  await expect(page.getByRole('button', { name: /^Project: Opened/ })).toBeVisible();
});

test('a view whose script could not be fetched offers a reload, which keeps the work', async ({ page }) => {
  await open(page, '?part=works&keep');
  await promptField(page).fill('a red ball');
  await page.route(/EditWorkspace[^/]*\.js/, (route) => route.abort());
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('This part of the studio stopped');
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await page.getByText('of graphics memory').waitFor({ timeout: 20_000 });
  await expect(promptField(page)).toHaveValue('a red ball');
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(page.getByRole('toolbar', { name: 'Viewer tools' })).toBeVisible();
});

test('leaving is asked about while a clip is on its way into the project, and not once it is kept', async ({ page }) => {
  // The clip's file is hashed, and later an edit is written, when the test lets it be.
  await page.addInitScript(() => {
    const goOn = (): Promise<unknown> => new Promise((resolve) => window.addEventListener('go-on', resolve, { once: true }));
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    const hashed = goOn();
    crypto.subtle.digest = (algorithm, data) => hashed.then(() => digest(algorithm, data));
    const { createWritable } = FileSystemFileHandle.prototype;
    let written: Promise<unknown> = Promise.resolve();
    window.addEventListener('hold-writes', () => {
      written = goOn();
    });
    FileSystemFileHandle.prototype.createWritable = async function (options) {
      await written;
      return createWritable.call(this, options);
    };
  });
  const tell = (event: 'go-on' | 'hold-writes') => page.evaluate((name) => window.dispatchEvent(new Event(name)), event);
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await open(page, '?part=works&keep');
  await generate(page);
  await page.getByRole('link', { name: /Download/ }).waitFor();
  // The form is kept by now; the clip stands on the stage and nowhere else.
  const saved = page.getByRole('button', { name: /^Project: .*Saved in this browser/ });
  await expect(saved).toBeVisible();
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await tell('go-on');
  await expect(page.getByRole('treeitem', { name: /Clip 1/ })).toBeVisible();
  await expect(saved).toBeVisible();
  // What is edited is asked about until it is kept, too.
  await tell('hold-writes');
  await promptField(page).fill('a blue ball');
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toEqual(['beforeunload', 'beforeunload']);
  await tell('go-on');
  await expect(saved).toBeVisible();
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  expect(asked).toHaveLength(2);
});

test('the update is offered, but never while a run is at work or stands still', async ({ page }) => {
  await open(page, '?part=holds&update');
  await expect(page.getByText('A new version is ready')).toBeVisible();
  await generate(page);
  await page.getByRole('progressbar', { name: 'Progress' }).getByText('step 6 of 16').waitFor();
  await expect(page.getByText('A new version is ready')).toBeHidden();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await expect(page.getByText('A new version is ready')).toBeHidden();
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('button', { name: 'Update' }).click();
  await expect(page.locator('body')).toHaveAttribute('data-updated', '');
});

test('theme and language are chosen by hand and kept', async ({ page }) => {
  await open(page, '?part=works');
  const root = page.locator('.aiprod-studio');
  await page.getByRole('button', { name: 'Preferences' }).click();
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(root).toHaveAttribute('lang', 'en');
});
