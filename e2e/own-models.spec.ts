/** The built page with a person's own model: LTX-2 of random weights, in the browser's private file system. */
import { expect, test, type Page } from '@playwright/test';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { encodeWav } from '../src/media';
import { serveHub, type RepositoryFiles } from './hub';
import { writePrivateFolder } from './private-files';
import { seenBy, watchPage } from './watch-page';
import { waveformHeights } from './waveform';

const minutes = 60_000;
let folder = '';
/** Paths in the model's folder, and contents in base64. */
let files: RepositoryFiles = [];

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-own-models-'));
  const model = join(folder, 'tiny-ltx-2');
  await runTool('tools/tiny-ltx2/write-folder.mjs', model, '12');
  const entries = await readdir(model, { recursive: true, withFileTypes: true });
  files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(
        async ({ parentPath, name }) =>
          [relative(model, join(parentPath, name)), await readFile(join(parentPath, name), 'base64')] as const,
      ),
  );
});
test.afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a script of the repository in a process of its own, on the adapter that the browser uses. */
async function runTool(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, AIPROD_DEVICE: 'swiftshader' } });
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
}

/** Puts the model into the private file system; its folder is what the person picks next. */
async function offerFolder(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('tiny-ltx-2');
  });
  await page.goto('./');
  await writePrivateFolder(page, 'tiny-ltx-2', files);
}

async function openFolder(page: Page): Promise<void> {
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await page.getByRole('button', { name: /Change the model/ }).click();
  await page.getByRole('button', { name: 'Open a folder' }).click();
  await expect(page.getByRole('list', { name: 'Models at hand' }).getByRole('button', { name: /^tiny-ltx-2/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.getByRole('button', { name: 'Close', exact: true }).click();
}

const smallClip = { Width: '64', Height: '64', Frames: '9', Steps: '1', Guidance: '1', Seed: '3' };

async function makeClip(page: Page, fields: Readonly<Record<string, string>> = smallClip): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a drum rings');
  for (const [field, value] of Object.entries(fields)) {
    await page.getByRole('spinbutton', { name: field, exact: true }).fill(value);
  }
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor({ timeout: 5 * minutes });
}

test('a folder of the person makes a clip with sound, whole and streamed alike, and is there on the next visit', async ({ page }) => {
  await watchPage(page);
  await offerFolder(page);
  await openFolder(page);
  await expect(page.getByRole('button', { name: /^tiny-ltx-2. Change the model/ })).toHaveAccessibleDescription(
    /LTX-2.0.*picture and sound/,
  );
  await makeClip(page);

  const waveform = page.getByRole('slider', { name: 'Frame', exact: true });
  const heights = await waveformHeights(waveform);
  expect(Math.max(...heights)).toBeGreaterThan(0.9);
  expect(new Set(heights).size).toBeGreaterThan(3);

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /Download/ }).click()]);
  const input = new Input({ source: new BufferSource(new Uint8Array(await readFile(await download.path()))), formats: ALL_FORMATS });
  const [picture, sound] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()]);
  if (picture === null || sound === null) throw new Error('the file lacks a track');
  const [pictureEnd, soundEnd] = await Promise.all([picture.computeDuration(), sound.computeDuration()]);
  console.info(`pictures end at ${pictureEnd} s, sound at ${soundEnd} s`);
  expect(Math.abs(pictureEnd - 9 / 24)).toBeLessThan(1e-3);
  expect(Math.abs(soundEnd - pictureEnd)).toBeLessThan(1 / 24);

  // Below what the weights need at once: 7 of the 12 blocks pass through from the file, one after the other.
  await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('0.0045');
  await expect(page.getByText(/^Fits the limit/)).toBeVisible();
  await page.getByRole('button', { name: 'Generate' }).click();
  await expect.poll(async () => (await seenBy(page)).latents.length, { timeout: 5 * minutes }).toBe(2);
  const [whole, streamed] = (await seenBy(page)).latents;
  expect(whole.some((value) => value !== 0)).toBe(true);
  expect(streamed).toEqual(whole);

  // A sound of one's own, silent in its first half: the clip is made for it and has it.
  const own = Float32Array.from({ length: 18_000 }, (_, k) => (k < 9000 ? 0 : 0.5 * Math.sin(k / 20)));
  const wav = Buffer.from(encodeWav({ sampleRate: 48_000, channels: [own] }));
  await page.getByLabel('File of a sound').setInputFiles({ name: 'late.wav', mimeType: 'audio/wav', buffer: wav });
  await page.getByRole('slider', { name: 'Where the clip begins in the sound' }).waitFor();
  await page.getByRole('textbox', { name: 'Loudness' }).fill('-20');
  await page.getByRole('button', { name: 'Generate' }).click();
  await expect.poll(async () => (await seenBy(page)).latents.length, { timeout: 5 * minutes }).toBe(3);
  const [before, after] = halves(await waveformHeights(waveform));
  expect(Math.max(...before)).toBeLessThan(0.2);
  expect(Math.min(...after)).toBeGreaterThan(1);

  await page.reload();
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await page.getByRole('button', { name: /Change the model/ }).click();
  await expect(page.getByRole('list', { name: 'Models at hand' }).getByRole('button', { name: /^tiny-ltx-2/ })).toBeVisible();
});

/** Values before and after the middle, without those next to it. */
function halves(values: readonly number[]): [number[], number[]] {
  const middle = values.length / 2;
  return [values.slice(0, Math.floor(middle) - 3), values.slice(Math.ceil(middle) + 3)];
}

/** Drops a folder of the disk on the page, as a file manager does. */
async function dropFolder(page: Page, path: string): Promise<void> {
  const client = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await client.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data: { items: [], files: [path], dragOperationsMask: 1 } });
    if (type === 'dragOver') await expect(page.getByText('Drop the folder of a model')).toBeVisible();
  }
  await client.detach();
}

const modelInUse = (page: Page, name: RegExp) => expect(page.getByRole('button', { name })).toHaveAccessibleDescription(/LTX-2.0/);

test('a folder is dropped, asked for again on the next visit, and a hub id is fetched', async ({ page }) => {
  // No prompt of a browser can be answered from here: how the browser asks is played. The first time the person closes the question.
  await page.addInitScript(() => {
    const answers: PermissionState[] = ['prompt', 'granted'];
    const asks = (): boolean => localStorage.getItem('ask-again') === 'yes';
    let state: PermissionState = 'prompt';
    FileSystemHandle.prototype.queryPermission = () => Promise.resolve(asks() ? state : 'granted');
    FileSystemHandle.prototype.requestPermission = () => {
      if (!navigator.userActivation.isActive) return Promise.reject(new DOMException('no click', 'SecurityError'));
      state = asks() ? (answers.shift() ?? 'granted') : 'granted';
      return Promise.resolve(state);
    };
  });
  const asked = await serveHub(page, 'someone/tiny-ltx-2', files);
  await page.goto('./');
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await dropFolder(page, join(folder, 'tiny-ltx-2'));
  await modelInUse(page, /^tiny-ltx-2. Change the model/);

  await page.evaluate(() => localStorage.setItem('ask-again', 'yes'));
  await page.reload();
  await page.getByText('was open on your last visit').waitFor({ timeout: 5 * minutes });
  await expect(page.getByRole('button', { name: /^Built-in model. Change the model/ })).toBeVisible();
  await page.getByRole('button', { name: 'Open it again' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'was not allowed to read it' })).toBeVisible();
  await page.getByRole('button', { name: 'Open it again' }).click();
  await modelInUse(page, /^tiny-ltx-2. Change the model/);
  await expect(page.getByRole('button', { name: 'Open it again' })).toHaveCount(0);

  await page.getByRole('button', { name: /Change the model/ }).click();
  await page.getByRole('textbox', { name: 'Fetch a model' }).fill('someone/tiny-ltx-2');
  await page.getByRole('button', { name: 'Look up' }).click();
  await page.getByRole('button', { name: /^Download/ }).click();
  const fetched = page.getByRole('list', { name: 'Models at hand' }).getByRole('button', { name: /^tiny-ltx-2-2.*stored in this browser/ });
  // The folder's model keeps its name; what is fetched has one of its own.
  await expect(fetched).toHaveAttribute('aria-pressed', 'true');
  await expect(fetched).toContainText('apache-2.0');
  const weights = files.filter(([path]) => /^[^/]+\/[^/]+\.safetensors$/.test(path));
  expect(new Set(asked.filter((path) => path.endsWith('.safetensors'))).size).toBe(weights.length);
});

test('a folder of Wan 2.1 makes a clip without sound, the one that the command line makes', async ({ page }) => {
  const model = join(folder, 'tiny-wan');
  await runTool('tools/tiny-wan/write-folder.mjs', model);
  await watchPage(page);
  await page.goto('./');
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await dropFolder(page, model);
  await expect(page.getByRole('button', { name: /^tiny-wan. Change the model/ })).toHaveAccessibleDescription(/Wan 2.1.*picture/);
  await makeClip(page, { Width: '48', Height: '32', Frames: '5', Steps: '1', Guidance: '5', Seed: '3' });

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /Download/ }).click()]);
  const bytes = await readFile(await download.path());
  const input = new Input({ source: new BufferSource(new Uint8Array(bytes)), formats: ALL_FORMATS });
  const [picture, sound] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()]);
  expect([picture?.codedWidth, picture?.codedHeight, await picture?.computeDuration(), sound]).toEqual([48, 32, 5 / 16, null]);

  // By the recipe in the file, with the model where it lies.
  const recipe = join(folder, 'wan.mp4');
  await writeFile(recipe, bytes);
  const latents = join(folder, 'wan.safetensors');
  await runTool(
    'bin/aiprod.mjs',
    'generate',
    '--recipe',
    recipe,
    '--model',
    model,
    '--save-latents',
    latents,
    '--out',
    join(folder, 'again.mp4'),
  );
  const data = floatsOf(await readFile(latents));
  const [made] = (await seenBy(page)).latents;
  expect(made.length).toBe(data.length);
  expect(made.some((value) => value !== 0)).toBe(true);
  for (const [k, value] of made.entries()) expect(Math.abs(value - data[k])).toBeLessThan(1e-3);
});

/** The numbers of a safetensors file that holds one tensor of f32: they stand behind a header whose length is its first 8 bytes. */
function floatsOf(file: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(file.subarray(8 + Number(file.readBigUInt64LE(0)))).buffer);
}
