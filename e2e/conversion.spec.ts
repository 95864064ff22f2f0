/** Files that browsers do not read, made into others by the converter, in the built page. */
import { expect, type Locator, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { readFile, writeFile } from 'node:fs/promises';
import { axeFindingsInBothThemes } from './axe';
import { droppedFile } from './dropped-file';
import { exported, starts } from './on-timeline';
import { decodePng, readFrames, readSound } from './read-media';
import { test } from './harness/test';

/** Twelve frames, each 16 steps of luma brighter than the one before it: what each is in red, green and blue. */
const frames = 12;
const shades = Array.from({ length: frames }, (_, frame) => (16 * frame * 255) / 219);
const fixture = (name: string): string => `src/media/fixtures/${name}`;
const dialogOf = (page: Page): Locator => page.getByRole('dialog');

/** Of the middle of a picture. */
const shadeOf = (rgba: Uint8Array, width: number, height: number): number => rgba[(Math.floor(height / 2) * width + width / 2) * 4 + 1];

async function drop(page: Page, name: string): Promise<void> {
  const dataTransfer = await droppedFile(page, name, await readFile(fixture(name)));
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

/** Writes the one MP4 that the page keeps to a path. */
async function keptFile(page: Page, path: string): Promise<void> {
  const base64 = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const waiting: FileSystemHandle[] = [root];
    for (let handle = waiting.pop(); handle !== undefined; handle = waiting.pop()) {
      if (handle instanceof FileSystemDirectoryHandle) for await (const inner of handle.values()) waiting.push(inner);
      if (!(handle instanceof FileSystemFileHandle)) continue;
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      if (String.fromCharCode(...bytes.subarray(4, 8)) === 'ftyp')
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    }
    return '';
  });
  await writeFile(path, Buffer.from(base64, 'base64'));
}

test('an MPEG-2 file is offered to be converted, and stands on the timeline frame by frame', async ({ page }, info) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const loaded: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'GET' && request.url().includes('/converter/')) loaded.push(request.url());
  });
  await page.addInitScript(() => Object.defineProperty(window, 'showDirectoryPicker', { value: undefined }));
  await page.goto('./');
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Add files' })).toBeVisible();

  // Turned down: told why, and nothing was loaded.
  await drop(page, 'steps.mpg');
  await expect(dialogOf(page)).toContainText('steps.mpg (6 kB) is a file of the format MPEG');
  await expect(dialogOf(page)).toContainText('ffmpeg, 32 MB');
  await expect(dialogOf(page)).toContainText('GPL, version 2 or later');
  expect(await axeFindingsInBothThemes(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alert')).toContainText('found MPEG');
  expect(loaded).toEqual([]);

  await drop(page, 'steps.mpg');
  await dialogOf(page).getByRole('button', { name: 'Load and convert' }).click();
  await expect(dialogOf(page)).toBeHidden();
  const add = page.getByRole('button', { name: 'Add steps.mpg to the timeline' });
  await expect(add).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByRole('list', { name: 'Media of the project' })).toContainText('64 × 48');
  await expect(page.getByRole('list', { name: 'Media of the project' })).toContainText('24 fps');
  expect(loaded.length).toBe(2);
  await add.click();
  const clip = page.getByRole('gridcell', { name: /^steps.mpg/ }).first();
  expect(await starts(clip)).toEqual([0]);
  await expect(clip).toHaveAccessibleName(/00:00:00:12/);

  // Every frame, in its place, as the timeline gives it.
  const archive = unzipSync(await readFile(await exported(page, { Format: 'png', 'Frames a second': 'as-is' })));
  const names = Object.keys(archive).sort();
  const shown = names.map((name) => decodePng(archive[name], name));
  expect(shown).toHaveLength(frames);
  shown.forEach(({ rgba, width, height }, frame) => expect(Math.abs(shadeOf(rgba, width, height) - shades[frame])).toBeLessThan(4));

  // What was kept has the sound too.
  const path = info.outputPath('kept.mp4');
  await keptFile(page, path);
  const sound = await readSound(path);
  expect(sound?.sampleRate).toBe(48_000);
  expect(Math.abs((sound?.channels[0].length ?? 0) / 48_000 - 0.5)).toBeLessThan(0.03);
  expect(errors).toEqual([]);
});

test('a rate that is a fraction stays one, and what was loaded serves the next file', async ({ page }, info) => {
  await page.goto('./');
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Video, picture, sound or .cube files').setInputFiles([fixture('steps.avi')]);
  await dialogOf(page).getByRole('button', { name: 'Load and convert' }).click();
  await expect(page.getByRole('button', { name: 'Add steps.avi to the timeline' })).toBeVisible();
  const path = info.outputPath('kept.mp4');
  await keptFile(page, path);
  const video = await readFrames(path);
  expect(video.frameRate).toEqual({ numerator: 30_000, denominator: 1001 });
  expect(video.frames).toHaveLength(frames);
  video.frames.forEach((rgba, frame) => expect(Math.abs(shadeOf(rgba, video.width, video.height) - shades[frame])).toBeLessThan(4));

  await page.getByLabel('Video, picture, sound or .cube files').setInputFiles([fixture('steps.mpg')]);
  await expect(page.getByRole('button', { name: 'Add steps.mpg to the timeline' })).toBeVisible();
  await expect(dialogOf(page)).toBeHidden();
});
