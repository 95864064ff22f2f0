/** The Edit workspace of the built page: cutting by keys, by mouse and by finger; and clips that come from Create. */
import { expect, type Locator, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { readFile } from 'node:fs/promises';
import { axeFindingsInBothThemes } from './axe';
import { droppedFile } from './dropped-file';
import { brightness, difference, exported, starts } from './on-timeline';
import { decodePng, readFrames, readSound } from './read-media';
import { test } from './harness/test';

/** 24 frames at 24 a second, a still picture, half a second of sound. */
const files = ['h264-bframes.mp4', 'baseline.jpg', 'flac.flac'];
const fixture = (name: string): string => `src/media/fixtures/${name}`;

const clips = (page: Page): Locator => page.getByRole('grid', { name: 'Tracks' }).getByRole('gridcell');
const films = (page: Page): Locator => page.getByRole('gridcell', { name: /^h264-bframes.mp4/ });
const said = (page: Page): Locator => page.getByTestId('said');
const playhead = (page: Page): Locator => page.getByRole('slider', { name: 'Playhead' });

async function openEditor(page: Page, names: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Video, picture, sound or .cube files').setInputFiles(names.map(fixture));
  for (const name of names) await expect(page.getByRole('button', { name: `Add ${name} to the timeline` })).toBeVisible();
}

test('clips are put in, cut, moved, trimmed, removed and taken back by keys alone', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto('./');
  await openEditor(page, files);
  const add = page.getByRole('button', { name: 'Add h264-bframes.mp4 to the timeline' });
  for (let count = 1; count <= 3; count++) {
    await add.press('Enter');
    await expect(films(page)).toHaveCount(count);
  }
  await expect(said(page)).toHaveText('Done: add h264-bframes.mp4.');
  expect(await starts(films(page))).toEqual([0, 24, 48]);

  // From clip to clip, and the playhead by frames; a cut under it.
  await films(page).first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(films(page).nth(1)).toBeFocused();
  await playhead(page).focus();
  await page.keyboard.press('PageUp');
  await expect(playhead(page)).toHaveAttribute('aria-valuetext', '00:00:00:10');
  await page.keyboard.press('Escape');
  await page.keyboard.press('s');
  await expect(said(page)).toHaveText('Done: split.');
  expect(await starts(films(page))).toEqual([0, 10, 24, 48]);

  // Moved and trimmed by one and by ten frames: keys that follow each other are one step.
  await films(page).last().focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Alt+ArrowRight');
  await page.keyboard.press('Alt+Shift+ArrowRight');
  expect(await starts(films(page))).toEqual([0, 10, 24, 59]);
  await page.keyboard.press('Control+Shift+ArrowLeft');
  await expect(films(page).last()).toHaveAccessibleName(/from 00:00:02:11, 00:00:00:14/);
  await page.keyboard.press('Control+ArrowRight');
  await expect(films(page).last()).toHaveAccessibleName(/00:00:00:15/);
  await page.keyboard.press('Control+z');
  await expect(said(page)).toHaveText('Taken back: trim.');
  await page.keyboard.press('Control+z');
  expect(await starts(films(page))).toEqual([0, 10, 24, 48]);
  await page.keyboard.press('Control+Shift+z');
  expect(await starts(films(page))).toEqual([0, 10, 24, 59]);

  // Removed with and without closing up; the menu by Enter; a locked track refuses and says so.
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+Delete');
  expect(await starts(films(page))).toEqual([0, 10, 35]);
  await page.keyboard.press('Control+z');
  await films(page).nth(1).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Join with the next' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(films(page).nth(1)).toBeFocused();
  await page.keyboard.press('Delete');
  expect(await starts(films(page))).toEqual([0, 24, 59]);
  await page.getByRole('button', { name: 'Lock V1' }).click();
  await films(page).first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Delete');
  await expect(said(page)).toHaveText('Not done: the track is locked.');
  await page.getByRole('button', { name: 'Unlock V1' }).click();

  // Any step is gone to by its name; then as a table.
  const steps = page.getByRole('button', { name: 'Steps' });
  await steps.click();
  await page.getByRole('menuitemradio', { name: 'As it was opened' }).click();
  await expect(clips(page)).toHaveCount(0);
  await steps.click();
  await page.getByRole('menuitemradio', { name: 'split' }).click();
  expect(await starts(films(page))).toEqual([0, 10, 24, 48]);
  await page.getByRole('button', { name: 'Show as a list' }).click();
  const table = page.getByRole('table', { name: 'Clips by track' });
  await expect(table.getByRole('row')).toHaveCount(6);
  await table.getByRole('button', { name: 'Actions for h264-bframes.mp4' }).last().click();
  await page.getByRole('menuitem', { name: /^Duplicate/ }).click();
  await expect(table.getByRole('row')).toHaveCount(7);
  await page.getByRole('button', { name: 'Show as tracks' }).click();

  // Many clips: what is drawn is what is seen.
  await page.keyboard.press('b');
  for (let doubled = 0; doubled < 8; doubled++) {
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await page.keyboard.press('Control+v');
  }
  await page.keyboard.press('Control+a');
  await expect(said(page)).toHaveText('1,280 clips selected');
  for (let zoomed = 0; zoomed < 4; zoomed++) await page.keyboard.press('+');
  await expect.poll(() => clips(page).count()).toBeLessThan(200);
  expect(errors).toEqual([]);
});

test('clips are dragged, snapped, doubled, trimmed and selected with the mouse; both themes pass axe', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('./');
  await openEditor(page, files);
  // Dragged from the list onto the track: the first gives the sequence its rate.
  const lane = page.locator('[data-lane="V1"]');
  await page
    .getByRole('listitem')
    .filter({ hasText: 'h264-bframes.mp4' })
    .dragTo(lane, { targetPosition: { x: 300, y: 20 } });
  await expect(films(page)).toHaveCount(1);
  expect(await starts(films(page))).toEqual([0]);
  await page.getByRole('button', { name: 'Add flac.flac to the timeline' }).click();
  await page.getByRole('slider', { name: 'Zoom' }).fill('3');

  const box = async (clip: Locator) => (await clip.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const drag = async (from: { x: number; y: number }, by: { x: number; y?: number }): Promise<void> => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + by.x / 2, from.y + (by.y ?? 0) / 2, { steps: 3 });
    await page.mouse.move(from.x + by.x, from.y + (by.y ?? 0), { steps: 3 });
  };

  // 8 pixels a frame. The playhead at frame 20 holds an edge that comes within 9 pixels of it.
  let at = await box(films(page));
  await drag({ x: at.x + 60, y: at.y + 40 }, { x: 40 * 8 + 3 });
  await page.mouse.up();
  expect(await starts(films(page))).toEqual([40]);
  await playhead(page).focus();
  for (let tens = 0; tens < 2; tens++) await page.keyboard.press('PageUp');
  at = await box(films(page));
  await drag({ x: at.x + 60, y: at.y + 40 }, { x: -20 * 8 + 6 });
  await expect(page.getByTestId('snap-line')).toBeVisible();
  await page.mouse.up();
  expect(await starts(films(page))).toEqual([20]);
  await expect(said(page)).toHaveText('Done: move.');
  // Without snapping it goes where it is put; Escape gives up.
  await page.keyboard.press('n');
  at = await box(films(page));
  await drag({ x: at.x + 60, y: at.y + 40 }, { x: 16 });
  await page.mouse.up();
  expect(await starts(films(page))).toEqual([22]);
  await drag({ x: at.x + 80, y: at.y + 40 }, { x: 80 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(await starts(films(page))).toEqual([22]);

  // Edges: ten frames off its start, and its end gives no more than the file has.
  at = await box(films(page));
  await drag({ x: at.x + 3, y: at.y + 40 }, { x: 80 });
  await page.mouse.up();
  await expect(films(page)).toHaveAccessibleName(/from 00:00:01:08, 00:00:00:14/);
  at = await box(films(page));
  await drag({ x: at.x + at.width - 3, y: at.y + 40 }, { x: 400 });
  await page.mouse.up();
  await expect(films(page)).toHaveAccessibleName(/00:00:00:14/);

  // Alt doubles; a track more takes a clip that is dragged up; a rectangle selects.
  at = await box(films(page));
  await page.keyboard.down('Alt');
  await drag({ x: at.x + 40, y: at.y + 40 }, { x: 30 * 8 });
  await page.mouse.up();
  await page.keyboard.up('Alt');
  expect(await starts(films(page))).toEqual([32, 62]);
  await page.getByRole('button', { name: 'Add a track' }).click();
  await page.getByRole('menuitem', { name: 'Picture track' }).click();
  at = await box(films(page).last());
  await drag({ x: at.x + 40, y: at.y + 40 }, { x: 8, y: -60 });
  await page.mouse.up();
  await expect(films(page).first()).toHaveAccessibleName(/V2, from 00:00:02:15/);
  const first = await box(films(page).first());
  const second = await box(films(page).last());
  await page.keyboard.press('Escape');
  await drag({ x: second.x - 20, y: first.y + 4 }, { x: first.x + first.width + 40 - second.x, y: second.y - first.y + 30 });
  await page.mouse.up();
  await expect(page.locator('[data-clip-id][aria-selected="true"]')).toHaveCount(2);

  // The menu at the pointer; a fade, a speed, markers and the marked range are drawn. Then axe.
  await films(page)
    .first()
    .click({ button: 'right', position: { x: 40, y: 30 } });
  await page.getByRole('menuitem', { name: 'Fade in over a second' }).click();
  await expect(said(page)).toHaveText('Done: fade.');
  await page.keyboard.press('m');
  await page.keyboard.press('i');

  // A marker is opened by the key that sets it, dragged, moved by keys as one step, snapped to, gone to, and listed.
  const marker = (name: string) => page.getByRole('button', { name: `Marker ${name}` });
  await page.keyboard.press('m');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Beat');
  await page.getByRole('radio', { name: 'Blue' }).check({ force: true });
  await page.keyboard.press('Enter');
  await expect(marker('Beat at 00:00:00:20')).toHaveAttribute('data-color', 'blue');
  at = await box(marker('Beat'));
  await drag({ x: at.x + at.width / 2, y: at.y + at.height / 2 }, { x: 20 * 8 + 2 });
  await page.mouse.up();
  await expect(marker('Beat at 00:00:01:16')).toBeVisible();
  await marker('Beat').press('Shift+ArrowLeft');
  await marker('Beat').press('ArrowLeft');
  await expect(marker('Beat at 00:00:01:05')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(marker('Beat at 00:00:01:16')).toBeVisible();
  await page.keyboard.press('.');
  await expect(playhead(page)).toHaveAttribute('aria-valuetext', '00:00:01:16');
  await page.keyboard.press(',');
  await expect(said(page)).toHaveText('No marker that way');
  await playhead(page).press('Home');
  await page.keyboard.press('n');
  at = await box(films(page).last());
  await drag({ x: at.x + 40, y: at.y + 40 }, { x: 8 * 8 + 5 });
  await expect(page.getByTestId('snap-line')).toBeVisible();
  await page.mouse.up();
  expect((await starts(films(page)))[1]).toBe(40);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('n');
  await page.getByRole('button', { name: 'Show as a list' }).click();
  await expect(page.getByRole('table', { name: 'Markers' }).getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'Show as tracks' }).click();

  // The wheel with Ctrl zooms about the pointer: the clip's start stays under it.
  const zoom = page.getByRole('slider', { name: 'Zoom' });
  at = await box(films(page).last());
  await page.mouse.move(at.x, at.y + 20);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect(zoom).toHaveAttribute('aria-valuetext', /^12\.\d+ pixels a frame/);
  expect(Math.abs((await box(films(page).last())).x - at.x)).toBeLessThan(2);
  expect(await axeFindingsInBothThemes(page, { regions: ['[aria-label="Timeline"]', '[data-over]'] })).toEqual([]);

  // Three clips of the film with frames to spare on both sides: 0 to 16, 16 to 34, 34 to 52.
  await zoom.fill('3');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  const add = page.getByRole('button', { name: 'Add h264-bframes.mp4 to the timeline' });
  for (let count = 1; count <= 3; count++) await add.click();
  await playhead(page).press('Home');
  await page.keyboard.press('b');
  const edge = async (which: number, side: 'start' | 'end', frames: number): Promise<void> => {
    const { x, y, width } = await box(films(page).nth(which));
    await drag({ x: side === 'start' ? x + 3 : x + width - 3, y: y + 40 }, { x: frames * 8 });
    await page.mouse.up();
  };
  const body = async (which: number, frames: number): Promise<void> => {
    const { x, y, width } = await box(films(page).nth(which));
    await drag({ x: x + width / 2, y: y + 40 }, { x: frames * 8 });
    await page.mouse.up();
  };
  await edge(0, 'end', -8);
  await edge(1, 'start', 6);
  await edge(2, 'start', 6);
  expect(await starts(films(page))).toEqual([0, 16, 34]);
  await page.keyboard.press('t');
  await edge(0, 'end', 4);
  await expect(said(page)).toHaveText('Done: roll the cut.');
  expect(await starts(films(page))).toEqual([0, 20, 34]);
  await page.keyboard.press('u');
  await body(1, -3);
  await expect(said(page)).toHaveText('Done: slide.');
  expect(await starts(films(page))).toEqual([0, 17, 31]);
  // Slipped by three, its end has that many more frames of the file.
  await page.keyboard.press('y');
  await body(1, 3);
  await expect(said(page)).toHaveText('Done: slip.');
  expect(await starts(films(page))).toEqual([0, 17, 31]);
  await page.keyboard.press('v');
  await edge(1, 'end', 40);
  await expect(films(page).nth(1)).toHaveAccessibleName(/from 00:00:00:17, 00:00:00:17/);
  expect(await starts(films(page))).toEqual([0, 17, 34]);

  // Another rate says what it changes; clips keep their times to the nearest frame.
  await page.getByRole('button', { name: 'Size and rate of the sequence' }).click();
  await page.getByRole('combobox', { name: 'Frames a second' }).selectOption({ label: '12 fps' });
  await expect(page.getByText(/3 clips begin or end up to 41\.7 ms elsewhere, of 3/)).toBeVisible();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(films(page).last()).toHaveAccessibleName(/from 00:00:01:05/);
  await page.keyboard.press('Control+z');
  expect(await starts(films(page))).toEqual([0, 17, 34]);

  // A file that is gone from the browser's store is missed, and found again by its content.
  await expect(page.getByRole('button', { name: /Saved in this browser/ })).toBeVisible();
  await page.evaluate(async () => {
    const empty = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'directory') await empty(await folder.getDirectoryHandle(name));
        else if (name.includes('sha256-')) await folder.removeEntry(name);
      }
    };
    await empty(await navigator.storage.getDirectory());
  });
  await page.reload();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'h264-bframes.mp4' });
  await expect(row).toContainText('File missing');
  await expect(films(page).first()).toHaveAccessibleName(/file missing/);
  await expect(page.getByText('The file of one clip here is missing')).toBeVisible();
  await row.getByLabel('Find the file').setInputFiles(fixture('baseline.jpg'));
  await expect(row.getByRole('alert')).toHaveText('baseline.jpg is another file. Choose the one that was added.');
  await row.getByLabel('Find the file').setInputFiles(fixture('h264-bframes.mp4'));
  await expect(row).not.toContainText('File missing');
  await expect(page.getByText('The file of one clip here is missing')).toBeHidden();
});

test('a clip of Create gives the timeline its size and rate, with its sound linked; a finger drags what it has selected; it is exported as a film, a GIF and frames', async ({
  browser,
  harness,
}) => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 900, height: 800 } });
  try {
    const page = await context.newPage();
    // A browser that has no dialogs for where a file goes: exports are downloads.
    await page.addInitScript(() => {
      for (const name of ['showSaveFilePicker', 'showDirectoryPicker']) Object.defineProperty(window, name, { value: undefined });
    });
    await page.goto(`${harness.address}?part=works`);
    await page.getByText('of graphics memory').waitFor();
    await page.getByRole('button', { name: /Change the model/ }).click();
    await page.getByRole('button', { name: /^ltx-2-example/ }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a drummer on a roof');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.getByRole('button', { name: 'Add to timeline' }).click();
    await page.getByRole('button', { name: 'Show in Edit' }).click();
    const picture = page.getByRole('gridcell', { name: /V1/ });
    const sound = page.getByRole('gridcell', { name: /A1/ });
    await expect(picture).toHaveAccessibleName(/^a-drummer.*, from 00:00:00:00, 00:00:02:01, linked$/);
    await expect(sound).toHaveAccessibleName(/linked/);

    // The first touch selects, the next drags: picture and sound together.
    await page.getByRole('slider', { name: 'Zoom' }).fill('2');
    const { x, y } = (await picture.boundingBox()) ?? { x: 0, y: 0 };
    const session = await context.newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', by = 0) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: x + 50 + by, y: y + 40 }] });
    await touch('touchStart');
    await touch('touchEnd');
    await expect(picture).toHaveAttribute('aria-selected', 'true');
    await touch('touchStart');
    for (const by of [20, 40, 60, 80]) await touch('touchMove', by);
    await touch('touchEnd');
    expect(await starts(picture)).toEqual([20]);
    expect(await starts(sound)).toEqual([20]);

    // Twenty frames of nothing, then the clip with its sound: as a film, as a GIF at half the rate, as frames in an archive.
    const film = await exported(page, { Format: 'mp4', Sound: 'opus', Loudness: 'web' });
    const { frames, width, height, frameRate } = await readFrames(film);
    expect([frames.length, frameRate]).toEqual([69, { numerator: 24, denominator: 1 }]);
    expect(brightness(frames[19])).toBeLessThan(2);
    expect(brightness(frames[20])).toBeGreaterThan(8);
    const heard = await readSound(film);
    const loudest = (from: number, to: number): number =>
      Math.max(
        ...(heard?.channels ?? []).map((samples) => samples.subarray(from, to).reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
      );
    expect([heard?.channels.length, heard?.channels[0].length]).toEqual([2, (69 * 48_000) / 24]);
    expect(loudest(0, 39_000)).toBeLessThan(0.01);
    expect(loudest(41_000, 130_000)).toBeGreaterThan(0.1);
    const gif = await readFrames(await exported(page, { Format: 'gif', 'Frames a second': '12' }));
    expect([gif.frames.length, gif.width, gif.height]).toEqual([35, width, height]);
    // Of the 24 a second it has every second one, from the second on; its colours are 256.
    expect(difference(gif.frames[0], frames[1])).toBeLessThan(2);
    expect(difference(gif.frames[33], frames[67])).toBeLessThan(10);
    const archive = unzipSync(new Uint8Array(await readFile(await exported(page, { Format: 'png', 'Frames a second': 'as-is' }))));
    expect(Object.keys(archive)).toEqual(Array.from({ length: 69 }, (_, k) => `frame-${String(k).padStart(5, '0')}.png`));
    for (const frame of [0, 19, 20, 68]) {
      const png = decodePng(archive[`frame-${String(frame).padStart(5, '0')}.png`]);
      expect([png.width, png.height]).toEqual([width, height]);
      expect(difference(png.rgba, frames[frame])).toBeLessThan(4);
    }

    // Two fingers zoom about what is between them; what one of them held stays where it was.
    const zoom = page.getByRole('slider', { name: 'Zoom' });
    const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart = 0) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [-apart, apart].map((by, id) => ({ id, x: x + 130 + by, y: y + 40 })),
      });
    await fingers('touchStart', 20);
    for (const apart of [25, 30, 35, 40]) await fingers('touchMove', apart);
    await fingers('touchEnd');
    await expect(zoom).toHaveAttribute('aria-valuetext', /^(7\.[5-9]|8)/);
    expect(await starts(picture)).toEqual([20]);

    // Pictures are drawn with their sound: in frames after the instant at which their beginning is heard.
    await page.getByRole('button', { name: 'Decoder figures' }).click();
    await page.getByRole('button', { name: 'Repeat (R)' }).click();
    await page.keyboard.press('Home');
    await page.getByRole('button', { name: 'Play (space)' }).click();
    const behind = page.getByTestId('decoder-figures').getByText(/frames, 95% below/);
    await expect(behind).toBeVisible();
    await page.waitForTimeout(6000);
    const told = (await behind.textContent()) ?? '';
    await page.getByRole('button', { name: 'Pause (space)' }).click();
    // Said only where there is one.
    const [leftOut = 'none left out'] = await page.getByText(/frames? left out$/).allTextContents();
    console.info(`picture after sound: ${told}; ${leftOut}`);
    const [median] = told.match(/-?[\d.]+/g)?.map(Number) ?? [];
    expect(Math.abs(median)).toBeLessThan(1);

    // What is dropped here is the editor's alone.
    const dropped = await droppedFile(page, 'still.jpg', await readFile(fixture('baseline.jpg')), 'image/jpeg');
    for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer: dropped });
    await expect(page.getByRole('button', { name: 'Add still.jpg to the timeline' })).toBeVisible();

    // A part of it is made anew: Create opens with that job, and its result takes the clip's place.
    await picture.press('Enter');
    await page.getByRole('menuitem', { name: 'Make the marked part anew' }).click();
    await expect(page.getByRole('button', { name: /^Take a-drummer.* away$/ })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Take still.jpg away' })).toHaveCount(0);
    const replace = page.getByRole('button', { name: 'Put in the clip’s place' });
    await expect(replace).toBeHidden();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a piper on a roof');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await replace.click();
    await page.getByRole('button', { name: 'Show in Edit' }).click();
    await expect(picture).toHaveAccessibleName(/^a-piper.*, linked$/);
  } finally {
    await context.close();
  }
});
