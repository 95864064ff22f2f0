/** The states of the page that have pictures, and how each is reached. */
import type { Locator, Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { encodeWav } from '../src/media';
import { writePrivateFolder } from './private-files';
import { stagedMetrics } from './staged-metrics';

/** Where the harness is; set before a state is reached. */
export const screens = { address: '' };

/** Heights by widths: a small telephone, a telephone, a tablet, a laptop, 4K. */
export const heights = { 360: 780, 390: 844, 768: 1024, 1440: 900, 3840: 2160 } as const;
export type Width = keyof typeof heights;
export const usual: readonly Width[] = [1440, 390];
const all: readonly Width[] = [1440, 390, 360, 768, 3840];

/** A state of the page that has its pictures. */
export interface State {
  readonly widths?: readonly Width[];
  reach(page: Page): Promise<void>;
  /** What should be in sight, where that is not where the page begins. */
  sight?(page: Page): Locator;
  /** States that are reached from this one, one after another. */
  readonly then?: Readonly<Record<string, State>>;
}

const hills = 'the sun rises over misty hills in a slow pan to the right';
const dusk = 'the sun sets over misty hills in a slow pan to the right';
const promptField = (page: Page): Locator => page.getByRole('textbox', { name: 'Prompt', exact: true });
const fixture = (name: string): string => `src/media/fixtures/${name}`;

async function open(page: Page, query = '?part=works'): Promise<void> {
  await page.goto(screens.address + query);
  await page.getByText('of graphics memory').waitFor();
}

/** With the model of picture and sound, whose pictures are large enough to look at. */
async function openLarge(page: Page, query = '?part=works'): Promise<void> {
  await open(page, `${query}&large`);
  await page.getByRole('button', { name: /Change the model/ }).click();
  await page.getByRole('button', { name: /^ltx-2-example/ }).click();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
}

async function ask(page: Page, prompt: string, seed = 1): Promise<void> {
  await promptField(page).fill(prompt);
  await page.getByRole('spinbutton', { name: 'Seed' }).fill(String(seed));
  await promptField(page).press('Control+Enter');
}

async function make(page: Page, prompt: string, seed: number, number: number): Promise<void> {
  await ask(page, prompt, seed);
  await page.getByText(`Clip ${number} is ready.`).waitFor({ state: 'attached' });
}

/** Three clips on a timeline with their sound, a title, a fade, markers and a marked range. */
async function editor(page: Page): Promise<void> {
  // Exports are offered as downloads: no window of the system is opened.
  await page.addInitScript(() => {
    window.showSaveFilePicker = undefined;
  });
  await openLarge(page);
  await make(page, hills, 1, 1);
  await make(page, dusk, 2, 2);
  await page.getByRole('button', { name: 'Add to timeline' }).click();
  await page.getByRole('button', { name: 'Show in Edit' }).click();
  await page.getByLabel('Video, picture, sound or .cube files').setInputFiles([fixture('baseline.jpg'), fixture('flac.flac')]);
  await page.getByRole('button', { name: 'Add baseline.jpg to the timeline' }).waitFor();
  for (const start of ['02:01', '04:02']) {
    await page
      .getByRole('button', { name: /^Add the-sun.* to the timeline/ })
      .first()
      .click();
    await page.getByRole('gridcell', { name: new RegExp(`V1, from 00:00:${start}`) }).waitFor();
  }
  await page.getByRole('gridcell', { name: /V1, from 00:00:02:01/ }).click();
  const playhead = page.getByRole('slider', { name: 'Playhead' });
  await playhead.focus();
  for (let tens = 0; tens < 3; tens++) await page.keyboard.press('PageUp');
  await page.keyboard.press('m');
  await page.keyboard.press('i');
  for (let tens = 0; tens < 4; tens++) await page.keyboard.press('PageUp');
  await page.keyboard.press('o');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add a title at the playhead' }).click();
  await page.getByRole('region', { name: 'Inspector' }).getByRole('textbox', { name: 'Words' }).fill('Above the mist');
  const last = page.getByRole('gridcell', { name: /V1, from 00:00:04/ });
  await last.click({ button: 'right', position: { x: 40, y: 30 } });
  await page.getByRole('menuitem', { name: 'Fade out over a second' }).click();
  await page.keyboard.press('0');
  await page.waitForTimeout(1500);
}

async function exportDialog(page: Page): Promise<Locator> {
  await page.getByRole('region', { name: 'Viewer' }).getByRole('button', { name: 'Export', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Export' });
  await dialog.getByRole('button', { name: /^Share/ }).waitFor();
  return dialog;
}

async function compared(page: Page): Promise<void> {
  await openLarge(page);
  await make(page, hills, 1, 1);
  await make(page, dusk, 3, 2);
  await page
    .getByRole('button', { name: /^Compare clip/ })
    .first()
    .click();
  await page.getByRole('slider', { name: 'Divider' }).waitFor();
  await page.getByRole('slider', { name: 'Frame', exact: true }).fill('20');
  await page.waitForTimeout(800);
}

const inMode = (mode: string): State => ({
  async reach(page) {
    await page.getByRole('main').getByRole('button', { name: mode }).click();
    await page.waitForTimeout(500);
  },
});

/** A run of 600 steps: its loss falls, its clips are what the played generator draws. */
async function trainingRun(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('misty-hills-lora');
  });
  await openLarge(page);
  const clips: string[] = [];
  for (const [at, prompt] of [hills, dusk].entries()) {
    await make(page, prompt, at + 1, at + 1);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /Download/ }).click()]);
    clips.push((await readFile(await file.path())).toString('base64'));
  }
  await writePrivateFolder(page, 'misty-hills-lora', [
    ['metrics.jsonl', Buffer.from(stagedMetrics()).toString('base64')],
    ...[200, 400, 600].flatMap((step) =>
      clips.map((clip, prompt) => [`samples/step-${String(step).padStart(6, '0')}/${prompt}.mp4`, clip] as const),
    ),
  ]);
  await page.getByRole('button', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Open a run’s folder' }).click();
  await page.getByRole('heading', { name: 'misty-hills-lora' }).waitFor();
  await page.waitForTimeout(1500);
}

const beats = Buffer.from(
  encodeWav({
    sampleRate: 24_000,
    channels: [
      Float32Array.from({ length: 7 * 24_000 }, (_, k) => {
        const seconds = k / 24_000;
        return Math.sin(2 * Math.PI * 180 * seconds) * Math.exp(-6 * (seconds % 0.5)) * (0.3 + 0.1 * Math.floor(seconds));
      }),
    ],
  }),
);

export const states: Readonly<Record<string, State>> = {
  create: { widths: all, reach: (page) => open(page) },
  tour: {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: 'Show me how' }).click();
    },
  },
  typing: {
    async reach(page) {
      await open(page);
      await promptField(page).fill('a red blue zebra moving to the left over a meadow at sunset');
      await page.getByText('The built-in model has not seen “zebra”.').waitFor();
    },
  },
  running: {
    widths: [1440, 390, 360, 768],
    async reach(page) {
      await openLarge(page, '?part=holds&step=80');
      await ask(page, hills);
      await page.getByRole('progressbar', { name: 'Progress' }).getByText('step 6 of 8').waitFor();
    },
  },
  queue: {
    async reach(page) {
      await openLarge(page, '?part=holds&step=80');
      await page.getByRole('spinbutton', { name: 'Clips' }).fill('4');
      await ask(page, hills);
      await page.getByRole('progressbar', { name: 'Progress' }).getByText('step 6 of 8').waitFor();
    },
    sight: (page) => page.getByRole('region', { name: 'Queue of clips' }),
  },
  stopped: {
    async reach(page) {
      await openLarge(page, '?part=holds&step=80');
      await ask(page, hills);
      await page.getByRole('progressbar', { name: 'Progress' }).getByText('step 6 of 8').waitFor();
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
    },
  },
  finished: {
    widths: all,
    async reach(page) {
      await openLarge(page);
      await make(page, hills, 1, 1);
      await page.getByRole('slider', { name: 'Frame', exact: true }).focus();
      for (let tens = 0; tens < 4; tens++) await page.keyboard.press('PageUp');
    },
  },
  failed: {
    async reach(page) {
      await open(page, '?part=out-of-memory');
      await ask(page, hills);
      await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
  },
  'device-lost': {
    async reach(page) {
      await open(page, '?part=device-lost');
      await ask(page, hills);
      await page.getByRole('button', { name: 'Resume' }).waitFor();
    },
  },
  keyframes: {
    async reach(page) {
      await openLarge(page);
      await promptField(page).fill(hills);
      await page.getByLabel('Images and videos').setInputFiles([fixture('baseline.jpg'), fixture('progressive.jpg')]);
      await page.getByRole('slider', { name: 'Place of progressive.jpg' }).focus();
    },
    sight: (page) => page.getByRole('slider', { name: 'Place of progressive.jpg' }),
  },
  'own-sound': {
    async reach(page) {
      await openLarge(page);
      await promptField(page).fill(hills);
      await page.getByLabel('File of a sound').setInputFiles({ name: 'rain-on-a-roof.wav', mimeType: 'audio/wav', buffer: beats });
      const part = page.getByRole('slider', { name: 'Where the clip begins in the sound' });
      for (let step = 0; step < 3; step++) await part.press('PageUp');
      await page.getByRole('textbox', { name: 'Loudness' }).fill('23');
    },
    sight: (page) => page.getByRole('button', { name: 'Use -23' }),
  },
  history: {
    async reach(page) {
      await openLarge(page);
      await make(page, hills, 1, 1);
      await page.getByRole('button', { name: 'Use its settings' }).click();
      await make(page, dusk, 2, 2);
      await page.getByRole('button', { name: 'Use its settings' }).click();
      await make(page, dusk.replace('slow', 'quick'), 3, 3);
      await page.getByRole('treeitem', { name: /Clip 1/ }).click();
      await page.getByRole('button', { name: 'Use its settings' }).click();
      await make(page, hills.replace('hills', 'lakes'), 5, 4);
      await page.getByRole('button', { name: 'Star', exact: true }).click();
    },
    sight: (page) => page.getByRole('region', { name: 'Clips of this project' }),
  },
  'storage-full': {
    async reach(page) {
      await page.addInitScript(() => {
        FileSystemFileHandle.prototype.createWritable = () =>
          Promise.reject(new DOMException('The quota is used up', 'QuotaExceededError'));
      });
      await openLarge(page, '?part=works&keep');
      await ask(page, hills);
      await page.getByText('This clip could not be kept').waitFor();
    },
  },
  'too-large': {
    async reach(page) {
      await open(page);
      await promptField(page).fill('a red ball');
      await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('0.05');
      await page.getByText('the limit is').waitFor();
    },
    sight: (page) => page.getByRole('textbox', { name: 'Graphics memory limit' }),
  },
  'bad-size': {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: /green ring/ }).click();
      await page.getByRole('spinbutton', { name: 'Width' }).fill('70');
    },
    sight: (page) => page.getByText('steps of 16 pixels').first(),
  },
  models: {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: /Change the model/ }).click();
    },
  },
  machine: {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: /About this machine/ }).click();
    },
  },
  projects: {
    async reach(page) {
      await openLarge(page, '?part=works&keep');
      await make(page, hills, 1, 1);
      await page.getByRole('button', { name: /^Project: / }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill('Above the mist');
      await page.keyboard.press('Enter');
    },
  },
  preferences: {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: 'Preferences' }).click();
    },
  },
  'key-map': {
    async reach(page) {
      await open(page);
      await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
      await page.keyboard.press('?');
    },
  },
  palette: {
    async reach(page) {
      await open(page);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search commands' }).waitFor();
    },
  },
  'no-adapter': {
    async reach(page) {
      await page.goto(`${screens.address}?part=no-adapter`);
      await page.getByRole('heading', { name: 'No graphics adapter is available' }).waitFor();
    },
  },
  'no-webgpu': {
    async reach(page) {
      await page.goto(`${screens.address}?part=works&no-webgpu`);
      await page.getByRole('alert').waitFor();
    },
  },
  broken: {
    async reach(page) {
      await page.route(/TrainWorkspace.*\.js/, (route) => route.abort());
      await open(page);
      await page.getByRole('button', { name: 'Train' }).click();
      await page.getByRole('heading', { name: 'This part of the studio stopped' }).waitFor();
    },
  },
  update: {
    async reach(page) {
      await open(page, '?part=works&update');
      await page.getByText('A new version is ready').waitFor();
    },
  },
  'edit-empty': {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByText('Nothing on the timeline yet').waitFor();
    },
  },
  edit: {
    widths: all,
    async reach(page) {
      await editor(page);
      await page.getByRole('gridcell', { name: /V1, from 00:00:02:01/ }).click();
      await page.waitForTimeout(1000);
    },
    then: {
      'edit-list': {
        async reach(page) {
          await page.getByRole('button', { name: 'Show as a list' }).click();
        },
        sight: (page) => page.getByRole('region', { name: 'Timeline' }),
      },
      inspector: {
        async reach(page) {
          await page.getByRole('button', { name: 'Show as tracks' }).click();
          await page.getByRole('gridcell', { name: /^Above the mist/ }).click();
          const inspector = page.getByRole('region', { name: 'Inspector' });
          await inspector.getByRole('button', { name: 'Keyframe of Opacity here' }).click();
          await page.getByRole('slider', { name: 'Playhead' }).focus();
          for (let tens = 0; tens < 5; tens++) await page.keyboard.press('PageUp');
          await inspector.getByRole('textbox', { name: 'Opacity, number in %' }).fill('20');
          await page.keyboard.press('Enter');
          await inspector.getByRole('button', { name: 'Previous keyframe of Opacity' }).click();
          await inspector.getByRole('combobox', { name: 'Easing of Opacity' }).selectOption('custom');
          await inspector.getByRole('button', { name: 'Add an effect' }).click();
          await page.getByRole('menuitem', { name: 'Curves', exact: true }).click();
          await inspector.getByRole('button', { name: 'Add a point' }).click();
          await inspector.getByRole('slider', { name: 'Point 2' }).press('Shift+ArrowUp');
        },
        sight: (page) => page.getByRole('region', { name: 'Effects' }),
      },
      export: {
        async reach(page) {
          await exportDialog(page);
        },
      },
      exporting: {
        async reach(page) {
          const dialog = page.getByRole('dialog', { name: 'Export' });
          await dialog.getByRole('button', { name: /^GIF/ }).click();
          await dialog.getByRole('button', { name: 'Export', exact: true }).click();
          await page.getByText(/^Frame \d+ of/).waitFor();
        },
      },
    },
  },
  'compare-empty': {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.getByText('Two videos at the same moment').waitFor();
    },
  },
  'compare-wipe': {
    widths: all,
    reach: compared,
    then: {
      'compare-side': inMode('Side by side'),
      'compare-difference': inMode('Difference'),
      'compare-figures': {
        async reach(page) {
          await page.getByRole('main').getByRole('button', { name: 'Onion skin' }).click();
          await page.getByRole('button', { name: 'Measure' }).click();
          await page.getByRole('region', { name: 'Quality figures' }).getByRole('img').first().waitFor({ timeout: 120_000 });
        },
        sight: (page) => page.getByRole('region', { name: 'Quality figures' }),
      },
    },
  },
  'train-empty': {
    async reach(page) {
      await open(page);
      await page.getByRole('button', { name: 'Train' }).click();
      await page.getByRole('button', { name: 'Open a run’s folder' }).waitFor();
    },
  },
  train: { widths: all, reach: trainingRun },
  clip: {
    async reach(page) {
      await page.goto('./');
      await page.getByText('of graphics memory').waitFor();
      for (const example of ['a yellow star rising in the sky at night', 'a red ball bouncing up and down over the grass by day']) {
        await promptField(page).fill(example);
        await page.getByRole('button', { name: 'Generate' }).click();
        await page.getByRole('link', { name: /Download/ }).waitFor({ timeout: 300_000 });
      }
      await page.getByRole('slider', { name: 'Frame', exact: true }).fill('6');
    },
  },
};
