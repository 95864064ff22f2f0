/** Composing and the queue: what is typed and given, understood, queued, kept over a reload and gone on with. */
import { expect, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { z } from 'zod';
import { readRecipe } from '../src/media';
import type { ServedHarness } from './harness/serve';
import { test } from './harness/test';

let harness: ServedHarness;

test.beforeAll(({ harness: served }) => {
  harness = served;
});

const minutes = 60_000;
const promptField = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });
const queue = (page: Page) => page.getByRole('region', { name: 'Queue of clips' });
const rows = (page: Page) => queue(page).getByRole('listitem');

/** A disc of a colour on grey. */
function picture(name: string, [red, green, blue]: readonly [number, number, number]) {
  const png = new PNG({ width: 64, height: 64 });
  for (let k = 0; k < 64 * 64; k++) {
    const inside = Math.hypot((k % 64) - 32, Math.floor(k / 64) - 32) < 16;
    png.data.set([...(inside ? [red, green, blue] : [120, 122, 126]), 255], k * 4);
  }
  return { name, mimeType: 'image/png', buffer: PNG.sync.write(png) };
}

test('a prompt is understood, drawn from, queued, reordered, paused and kept over a reload', async ({ page }) => {
  const open = async (part: string): Promise<void> => {
    await page.goto(`${harness.address}?part=${part}&step=20&keep`);
    await page.getByText('of graphics memory').waitFor();
  };
  // The first run stays at step 6 until it is told to stop.
  await open('holds');
  await promptField(page).fill('a red blue zebra moving to the left');
  const parts = page.getByRole('list', { name: 'What the prompt says' });
  await expect(parts.getByRole('button')).toHaveCount(4);
  await expect(page.getByText('“red” and “blue” cannot both be true.')).toBeVisible();
  await expect(page.getByText('The built-in model has not seen “zebra”.')).toBeVisible();
  // Hovering a chip marks its words, whatever the prompt's field shows.
  await parts.getByRole('button', { name: 'zebra: thing. Change it' }).hover();
  await expect(page.locator('mark')).toHaveText('zebra');
  const doubts = page.getByRole('list', { name: 'What is in doubt' });
  await doubts.getByRole('button', { name: 'ball' }).click();
  await doubts.getByRole('button', { name: 'red', exact: true }).click();
  await expect(promptField(page)).toHaveValue('a red ball moving to the left');
  await expect(doubts).toBeHidden();
  await parts.getByRole('button', { name: 'ball: thing. Change it' }).click();
  await page.getByRole('group', { name: 'Other words for ball' }).getByRole('button', { name: 'star' }).click();
  await expect(promptField(page)).toHaveValue('a red star moving to the left');
  await page.getByRole('button', { name: 'Enrich' }).click();
  await expect(page.getByText(/^Added: /)).toBeVisible();
  await page.getByRole('button', { name: 'Take back' }).click();

  // Choices in the prompt: each seed draws its own, the clip keeps what was drawn.
  await promptField(page).fill('a {red|blue} __shape__ rising');
  await page.getByRole('spinbutton', { name: 'Seed' }).fill('3');
  await expect(page.getByText(/^This seed draws: a (red|blue) (ball|square|triangle|star|heart|ring) rising$/)).toBeVisible();
  await page.getByRole('spinbutton', { name: 'Clips' }).fill('4');
  await page.getByRole('button', { name: 'Generate 4' }).click();
  await expect(rows(page)).toHaveCount(4);
  // More may be asked for meanwhile.
  await promptField(page).fill('a green ring falling');
  await page.getByRole('spinbutton', { name: 'Clips' }).fill('1');
  await page.getByRole('button', { name: 'Add to queue' }).click();
  await expect(rows(page)).toHaveCount(5);
  await rows(page).last().getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(queue(page).getByText('Paused')).toBeVisible();
  await expect(queue(page).getByText('at work', { exact: true })).toBeHidden();
  // Moved by keys, and by its button; told to those who do not see it.
  const last = rows(page)
    .last()
    .getByRole('button', { name: /seed 6/ });
  await last.focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(queue(page).getByText('Moved to place 3 of 4.')).toBeAttached();
  await expect(
    rows(page)
      .nth(2)
      .getByRole('button', { name: /seed 6/ }),
  ).toBeFocused();
  await rows(page).nth(2).getByRole('button', { name: 'Earlier' }).click();
  await rows(page).nth(3).getByRole('button', { name: 'Remove' }).click();
  await rows(page).nth(1).getByRole('button', { name: 'Once more' }).click();
  const seeds = (): Promise<string[]> =>
    rows(page).evaluateAll((all) => all.map((row) => /seed (\d+)/.exec(row.textContent ?? '')?.[1] ?? ''));
  await expect.poll(seeds).toEqual(['3', '6', '6', '4']);

  await open('works');
  await expect(queue(page).getByText('Kept from your last visit. Nothing goes on until you say so.')).toBeVisible();
  await expect.poll(seeds).toEqual(['3', '6', '6', '4']);
  await queue(page).getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Clip 4 is ready.')).toBeAttached({ timeout: minutes });
  await expect(queue(page)).toBeHidden();
});

/** What is looked at of a recipe; the runner here cannot load the room that reads it whole. */
const recipeSchema = z.object({
  job: z.looseObject({
    pipeline: z.string(),
    conditions: z.array(z.object({ file: z.string(), frame: z.number(), strength: z.number() })),
  }),
  inputs: z.record(z.string(), z.string()),
});

test('images at first and last frame with the real model: two drafts stopped, one gone on with after a reload', async ({ page }) => {
  // Under a minute of work in all; the patience is for a shared processor.
  test.setTimeout(5 * minutes);
  await page.goto('./');
  await page.getByText('of graphics memory').waitFor({ timeout: 2 * minutes });
  await promptField(page).fill('a red circle moving to the right on gray');
  await page.getByLabel('Images and videos').setInputFiles([picture('first.png', [230, 40, 40]), picture('last.png', [40, 80, 230])]);
  await expect(page.getByRole('slider', { name: 'Place of first.png' })).toHaveAttribute(
    'aria-valuetext',
    'Frame 0, latent frame 0: frame 0',
  );
  const end = page.getByRole('slider', { name: 'Place of last.png' });
  await expect(end).toHaveAttribute('aria-valuenow', '16');
  // By keys from latent frame to latent frame: the built-in model puts 4 frames in each after the first, so 16 is the last and 12 next.
  await end.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(end).toHaveAttribute('aria-valuenow', '12');
  await page.getByText('Lands on latent frame 3: frames 9 to 12').waitFor();
  await page.keyboard.press('End');
  await expect(page.getByRole('combobox', { name: 'Pipeline' })).toContainText('Automatic: Keyframes');
  await page.getByRole('spinbutton', { name: 'Steps' }).fill('3');
  await page.getByRole('spinbutton', { name: 'Seed' }).fill('11');
  await page.getByRole('spinbutton', { name: 'Clips' }).fill('2');
  await page.getByRole('spinbutton', { name: 'Stop drafts at step' }).fill('1');
  await page.getByRole('button', { name: 'Generate 2' }).click();
  await expect(queue(page).getByText('draft, step 1 of 3')).toHaveCount(2, { timeout: 2 * minutes });
  await expect(queue(page).getByRole('img', { name: /^Preview of/ })).toHaveCount(2);

  await page.reload();
  await page.getByText('of graphics memory').waitFor({ timeout: 2 * minutes });
  await expect(queue(page).getByText('draft, step 1 of 3')).toHaveCount(2);
  await rows(page).filter({ hasText: 'seed 12' }).getByRole('button', { name: 'Finish' }).click();
  const download = page.getByRole('link', { name: /Download/ });
  await download.waitFor({ timeout: 2 * minutes });
  const [file] = await Promise.all([page.waitForEvent('download'), download.click()]);
  const recipe = recipeSchema.parse(await readRecipe(new Uint8Array(await readFile(await file.path()))));
  expect(recipe.job).toMatchObject({
    ...{ pipeline: 'keyframes', seed: 12, steps: 3 },
    conditions: [
      { file: 'first.png', frame: 0, strength: 1 },
      { file: 'last.png', frame: 16, strength: 1 },
    ],
  });
  expect(Object.keys(recipe.inputs)).toEqual(['first.png', 'last.png']);

  // What is given is kept: red where the clip begins, blue where it ends.
  const colourAt = async (frame: number): Promise<number[]> => {
    await page.getByRole('slider', { name: 'Frame', exact: true }).fill(String(frame));
    const shown = page.getByRole('img', { name: new RegExp(`^Frame ${frame + 1} of 17`) });
    return shown.evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) throw new Error('the picture is not a canvas');
      return [...(canvas.getContext('2d')?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data ?? [])].slice(0, 3);
    });
  };
  const [first, last] = [await colourAt(0), await colourAt(16)];
  expect(first[0]).toBeGreaterThan(first[2] + 60);
  expect(last[2]).toBeGreaterThan(last[0] + 60);
});
