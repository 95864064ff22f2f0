/** The studio in other languages, from right to left, and with words that are half as long again. */
import { expect, type Page } from '@playwright/test';
import { axeFindings } from './axe';
import type { ServedHarness } from './harness/serve';
import { test } from './harness/test';

let harness: ServedHarness;

test.beforeAll(({ harness: served }) => {
  harness = served;
});

test('a language is taken from the browser, chosen by hand, and kept', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'de-AT' });
  const page = await context.newPage();
  await page.goto(`${harness.address}?part=works`);
  const root = page.locator('.aiprod-studio');
  await expect(root).toHaveAttribute('lang', 'de');
  await expect(page.getByRole('heading', { name: 'Sag, was sich bewegt.' })).toBeVisible();
  await page.getByRole('button', { name: 'Einstellungen', exact: true }).click();
  await page.getByRole('combobox', { name: 'Sprache' }).selectOption('日本語');
  await expect(root).toHaveAttribute('lang', 'ja');
  await expect(page.getByRole('button', { name: '環境設定' })).toBeVisible();
  await page.reload();
  await expect(root).toHaveAttribute('lang', 'ja');
  // Keys have the names of the keyboard that is sold with a language.
  await page.getByRole('button', { name: '環境設定' }).click();
  await page.getByRole('combobox', { name: '言語' }).selectOption('Français');
  await page.getByRole('button', { name: /Rechercher une commande/ }).click();
  await page.keyboard.type('theme sombre');
  await expect(page.getByRole('dialog').getByRole('option')).toHaveText(/Thème sombre/);
  await context.close();
});

/** Texts that are seen and stand in no message: what is not in the brackets of the pseudo language. */
const unbracketed = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.querySelector('.aiprod-studio') ?? document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = (node.textContent ?? '').trim();
      if (
        element === null ||
        text === '' ||
        !element.checkVisibility() ||
        element.closest('option, kbd, code, [lang="en"] [lang], h1, textarea, [data-content]')
      )
        continue;
      const whole = element.closest('p, li, button, label, span, h2, h3, dt, dd, legend, summary, strong')?.textContent ?? text;
      if (!/[[\]·]/.test(whole) && /\p{L}{3}/u.test(text)) found.push(text);
    }
    return found;
  });

test('nothing overflows and nothing is left in English, from right to left', async ({ page }) => {
  await page.goto(`${harness.address}?part=works&pseudo`);
  const root = page.locator('.aiprod-studio');
  await expect(root).toHaveAttribute('dir', 'rtl');
  await page.getByText('of graphics memory').waitFor();
  const widths = async (): Promise<void> => {
    for (const [width, height] of [
      [360, 740],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  };
  await widths();
  await page.screenshot({ path: 'test-results/pseudo-create.png' });
  // Prompts and the names of models, adapters and codecs are content.
  const content = /^(a |built|LTX|Example GPU|Apache|embedded|H\.264)/;
  expect((await unbracketed(page)).filter((text) => !content.test(text))).toEqual([]);
  expect(await axeFindings(page)).toEqual([]);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('2');
  await page
    .getByRole('region', { name: /Timeline/ })
    .first()
    .waitFor();
  await widths();
  await page.screenshot({ path: 'test-results/pseudo-edit.png' });
  expect((await unbracketed(page)).filter((text) => !content.test(text))).toEqual([]);
});

test('the tour leads from an empty form to a clip, by keyboard alone, and is offered once', async ({ page }) => {
  await page.goto(`${harness.address}?part=works`);
  await page.getByText('of graphics memory').waitFor();
  const offer = page.getByRole('button', { name: 'Show me how' });
  await expect(offer).toBeEnabled();
  await offer.press('Enter');
  await expect(page.getByRole('heading', { name: 'Say what the clip shows' })).toBeFocused();
  expect(await axeFindings(page)).toEqual([]);
  await page.screenshot({ path: 'test-results/tour.png' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Make the clip' })).toBeVisible();
  await page.getByRole('region', { name: 'Make the clip' }).getByRole('button', { name: 'Generate' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'That is your clip' })).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'That is your clip' })).toBeHidden();
  await page.reload();
  await page.getByText('of graphics memory').waitFor();
  await expect(page.getByRole('button', { name: 'Show me how' })).toBeHidden();
});
