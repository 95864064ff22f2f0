/** The inspector: what is set of a clip is seen, undone by name, and reachable by keys; titles and effects are composed in the worker. */
import { expect } from '@playwright/test';
import { severalScripts } from '../src/compositing/testing/several-scripts';
import { axeFindings } from './axe';
import type { ServedHarness } from './harness/serve';
import { test } from './harness/test';

let harness: ServedHarness;

test.beforeAll(({ harness: served }) => {
  harness = served;
});

test('a title in several scripts has the bytes that it has in Node', async ({ page }) => {
  await page.goto(harness.address);
  const digest = page.evaluate(({ title, size }): Promise<unknown> => {
    if (globalThis.digestOfTitle === undefined) throw new Error('the harness draws no titles');
    return globalThis.digestOfTitle({ title, size });
  }, severalScripts);
  expect(await digest).toBe(severalScripts.sha256);
});

test('a title is set, animated by keys, given effects, and is as it was after undo', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${harness.address}?part=works`);
  // The worker's device is at hand for being lost.
  const started = page.waitForEvent('worker', (one) => one.url().includes('editor'));
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  const worker = await started;
  await worker.evaluate(() => {
    const plain = GPUAdapter.prototype.requestDevice;
    const taken: GPUDevice[] = [];
    Object.assign(globalThis, { takenDevices: taken });
    Object.defineProperty(GPUAdapter.prototype, 'requestDevice', {
      async value(this: GPUAdapter, descriptor?: GPUDeviceDescriptor): Promise<GPUDevice> {
        const device = await plain.call(this, descriptor);
        taken.push(device);
        return device;
      },
    });
  });
  await page.getByRole('button', { name: 'Add a title at the playhead' }).click();
  const inspector = page.getByRole('region', { name: 'Inspector' });
  const words = inspector.getByRole('textbox', { name: 'Words' });
  await words.fill('Snow ก');
  await expect(inspector.getByText('No font here has this letter: ก. It is drawn as a box.')).toBeVisible();
  await words.fill('Snow');
  await expect(inspector.getByText('No font here')).toBeHidden();
  await expect(inspector.getByRole('heading', { name: 'Snow' })).toBeVisible();

  await inspector.getByRole('button', { name: 'Keyframe of Opacity here' }).click();
  await page
    .getByRole('button', { name: /Last frame/ })
    .first()
    .click();
  const opacity = inspector.getByRole('textbox', { name: 'Opacity, number in %' });
  await opacity.fill('20');
  await opacity.press('Enter');
  await inspector.getByRole('button', { name: 'Previous keyframe of Opacity' }).click();
  await expect(opacity).toHaveValue('100');
  await inspector.getByRole('combobox', { name: 'Easing of Opacity' }).selectOption('custom');
  const handle = inspector.getByRole('slider', { name: 'Handle of the start' });
  await handle.press('Shift+ArrowLeft');
  await expect(handle).toHaveAttribute('aria-valuetext', '32 % across, 0 % up');

  for (const name of ['Exposure', 'Curves']) {
    await inspector.getByRole('button', { name: 'Add an effect' }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  }
  const effects = inspector.getByRole('region', { name: 'Effects' }).getByRole('listitem');
  await expect(effects).toHaveCount(2);
  await inspector.getByRole('button', { name: 'Add a point' }).click();
  const point = inspector.getByRole('slider', { name: 'Point 2' });
  await point.press('Shift+ArrowUp');
  await expect(point).toHaveAttribute('aria-valuetext', '50 % across, 60 % up');
  await inspector.getByRole('button', { name: 'Move Curves up' }).click();
  await expect(effects.first()).toContainText('Curves');
  await expect(page.getByText('Something unexpected happened')).toBeHidden();

  expect(await axeFindings(page)).toEqual([]);

  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await expect(effects.first()).toContainText('Exposure');

  // A device that is lost is taken anew, and what was seen is seen again.
  const bright = (): Promise<number> =>
    page.evaluate(() => {
      const seen = document.querySelector<HTMLCanvasElement>('[data-testid="viewer-canvas"] canvas');
      if (seen === null) throw new Error('there is no viewer');
      const context = new OffscreenCanvas(seen.width, seen.height).getContext('2d');
      if (context === null) throw new Error('no 2d canvas');
      context.drawImage(seen, 0, 0);
      return context.getImageData(0, 0, seen.width, seen.height).data.filter((value, at) => at % 4 === 0 && value > 200).length;
    });
  await expect.poll(bright).toBeGreaterThan(1000);
  const before = await bright();
  const devices = (): Promise<number> =>
    worker.evaluate(() => {
      const taken: unknown = Reflect.get(globalThis, 'takenDevices');
      return Array.isArray(taken) ? taken.length : 0;
    });
  expect(await devices()).toBe(1);
  await worker.evaluate(() => {
    const taken: unknown = Reflect.get(globalThis, 'takenDevices');
    if (Array.isArray(taken) && taken[0] instanceof GPUDevice) taken[0].destroy();
  });
  await expect.poll(devices).toBe(2);
  await expect.poll(bright).toBe(before);

  // Effects of several clips: copied from one, put on the other, then changed on both as one step.
  await inspector.getByRole('button', { name: 'Copy the effects' }).click();
  await page.getByRole('gridcell', { name: /^Snow/ }).click();
  await page.keyboard.press('Control+d');
  const cells = page.getByRole('gridcell', { name: /^Snow/ });
  await expect(cells).toHaveCount(2);
  await page.keyboard.press('Control+a');
  await expect(inspector.getByText('What you change here changes all 2 clips.')).toBeVisible();
  await expect(effects).toHaveCount(2);
  await inspector.getByRole('button', { name: 'Remove Curves' }).click();
  await expect(effects).toHaveCount(1);
  const exposure = inspector.getByRole('textbox', { name: 'Exposure, number in EV' });
  await exposure.fill('1');
  await exposure.press('Enter');
  await cells.last().click();
  await expect(effects).toHaveCount(1);
  await expect(exposure).toHaveValue('1');
  await inspector.getByRole('button', { name: 'Paste 2 effects' }).click();
  await expect(effects).toHaveCount(3);
  await page.keyboard.press('Control+a');
  await expect(effects).toHaveCount(1);
  await page.getByRole('button', { name: /^Undo paste 2 effects/ }).click();
  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await cells.first().click();
  await expect(exposure).toHaveValue('0');
});
