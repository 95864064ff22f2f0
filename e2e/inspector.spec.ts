/** The inspector: what is set of a clip is seen, undone by name, and reachable by keys; titles and effects are composed in the worker. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { serveHarness } from './harness/serve';

let harness: Awaited<ReturnType<typeof serveHarness>>;

test.beforeAll(async () => {
  harness = await serveHarness();
});
test.afterAll(() => harness.close());

test('a title is set, animated by keys, given effects, and is as it was after undo', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${harness.address}?part=works`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Add a title at the playhead' }).click();
  const inspector = page.getByRole('region', { name: 'Inspector' });
  await inspector.getByRole('textbox', { name: 'Words' }).fill('Snow');
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

  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);

  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await expect(effects.first()).toContainText('Exposure');
});
