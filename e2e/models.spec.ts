/** The models manager over the real worker and the browser's own storage, with a hub at the browser's network. */
import { expect, test, type Page } from '@playwright/test';
import { embeddedAsRepository, serveHub, type HubAnswer } from './hub';

const minutes = 60_000;
const repository = 'someone/tiny-clips';
const vae = 'vae/diffusion_pytorch_model.safetensors';
/** Pieces of a download, as docs/checkpoints.md has them: the VAE has two. */
const pieceBytes = 8_388_608;

async function openModels(page: Page): Promise<void> {
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await page.getByRole('button', { name: /Change the model/ }).click();
}

/** Changes one byte of a stored file, as a failing disk would. */
async function damage(page: Page, path: string, at: number): Promise<void> {
  await page.evaluate(
    async ({ parts, at }) => {
      let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
      const handle = await folder.getFileHandle(parts[parts.length - 1]);
      const byte = new Uint8Array(await (await handle.getFile()).slice(at, at + 1).arrayBuffer());
      const stream = await handle.createWritable({ keepExistingData: true });
      await stream.write({ type: 'write', position: at, data: byte.map((value) => value ^ 1) });
      await stream.close();
    },
    { parts: path.split('/'), at },
  );
}

test('a model is looked up, agreed to, fetched through pauses and failures, verified, mended and removed', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const session = await context.newCDPSession(page);
  let second: () => HubAnswer | Promise<HubAnswer> = () => new Promise<HubAnswer>(() => undefined);
  const asked = await serveHub(page, repository, await embeddedAsRepository(), {
    licence: 'sunday-1.0',
    answer: (path, start) => (path !== vae ? 'whole' : start === 0 ? { upTo: pieceBytes } : second()),
  });
  const models = page.getByRole('list', { name: 'Models at hand' });
  const row = models.getByRole('listitem').filter({ hasText: 'tiny-clips' });

  // Before anything is fetched: files, licence and need, and the nearest settings that fit.
  await page.goto('./');
  await page.getByText('of graphics memory').waitFor({ timeout: 5 * minutes });
  await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('0.01');
  await openModels(page);
  await expect(page.getByText('So far there is only the built-in model')).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText('This computer is offline')).toBeVisible();
  await context.setOffline(false);
  await page.getByRole('textbox', { name: 'Fetch a model' }).fill(repository);
  await page.getByRole('button', { name: 'Look up' }).click();
  const offer = page.getByRole('region', { name: repository });
  await expect(offer).toContainText(/11 files.*22 MB.*commit 0123456/);
  await expect(offer.getByRole('link', { name: 'sunday-1.0' })).toHaveAttribute('href', /blob\/0123456789abcdef.*\/LICENSE$/);
  await offer.getByText('Read the licence', { exact: true }).click();
  await expect(offer.getByRole('textbox', { name: 'Text of the licence' })).toHaveValue('Clips may be made on Sundays only.');
  await expect(offer).toContainText('Does not fit');
  await offer.getByRole('button', { name: /^Use/ }).click();
  await expect(page.getByRole('spinbutton', { name: 'Width' })).not.toHaveValue('64');
  const download = offer.getByRole('button', { name: 'Download 22 MB' });
  await expect(download).toHaveAttribute('aria-disabled', 'true');
  await expect(download).toHaveAccessibleDescription('Agree to the licence first.');
  await offer.getByRole('checkbox', { name: /I have read the licence sunday-1.0/ }).check();
  expect(asked.some((path) => path.endsWith(vae))).toBe(true);

  // Paused in the middle of a file, and gone on with after a reload.
  await download.click();
  await expect(row.getByRole('progressbar')).toBeVisible();
  await expect(row).toContainText(`17 MB of 22 MB`);
  await row.getByRole('button', { name: 'Pause' }).click();
  await expect(row).toContainText('download stopped at 17 MB of 22 MB');
  await page.reload();
  await openModels(page);
  await expect(row).toContainText(/download stopped at 17 MB of 22 MB.*sunday-1.0/);

  // A busy server, and a disk that is full at the next write: told with the file, tried again.
  second = () => ({ status: 503 });
  asked.length = 0;
  await row.getByRole('button', { name: /Go on/ }).click();
  await expect(row.getByRole('alert')).toContainText(`The server is busy in the middle of ${vae}`);
  const origin = new URL(page.url()).origin;
  second = async (): Promise<HubAnswer> => {
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
    return 'whole';
  };
  await row.getByRole('button', { name: 'Try again' }).click();
  await expect(row.getByRole('alert')).toContainText(`There is no room left in the middle of ${vae}`);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  second = () => 'whole';
  await row.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('tiny-clips is here. Every file has the hash that it should have.')).toBeVisible();
  await expect(row.getByRole('button', { name: /^tiny-clips/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(row).toContainText(/LTX-Video.*22 MB.*sunday-1.0.*fetched .*licence agreed to .*not verified since/);
  const rest = asked.filter((path) => path.includes('/resolve/') && !path.endsWith('/LICENSE'));
  expect(rest.filter((path) => !path.endsWith(`${vae} from ${pieceBytes}`))).toEqual([]);

  // One damaged byte is found, and costs one piece.
  await damage(page, `tiny-clips/${vae}`, pieceBytes + 5);
  await row.getByRole('button', { name: 'Verify the files of tiny-clips' }).click();
  await expect(row.getByRole('listitem').filter({ hasText: vae })).toContainText('1 piece differs from the hash');
  await expect(row.getByRole('listitem').filter({ hasText: 'as it was' })).toHaveCount(10);
  asked.length = 0;
  await row.getByRole('button', { name: `Fetch ${vae} again` }).click();
  await expect(row).toContainText('All 11 files are as it was');
  expect(asked).toEqual([expect.stringMatching(new RegExp(`${vae} from ${pieceBytes}$`))]);
  await row.getByRole('button', { name: 'Verify the files of tiny-clips' }).click();
  await expect(row).toContainText(/verified /);

  // What `aiprod doctor` says, as text.
  await page.getByText('This machine and its memory').click();
  await page.getByRole('button', { name: 'Copy as text' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(report).toMatch(/^Graphics adapter: .*swiftshader/im);
  expect(report).toMatch(/^maxStorageBufferBindingSize: \d/m);

  // While it makes a clip it stays; then it goes, and so do its bytes.
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('');
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  await page.getByRole('button', { name: /Change the model/ }).click();
  await row.getByRole('button', { name: 'Remove tiny-clips from this browser' }).click();
  await expect(row.getByRole('alert')).toContainText('This model is making a clip.');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: 'Discard' }).click({ timeout: 3 * minutes });
  await page.getByRole('button', { name: /Change the model/ }).click();
  await row.getByRole('button', { name: 'Remove tiny-clips from this browser' }).click();
  await page.getByRole('dialog', { name: 'Remove tiny-clips?' }).getByRole('button', { name: 'Free 22 MB' }).click();
  await expect(page.getByText('tiny-clips is gone: 22 MB freed.')).toBeVisible();
  await expect(models.getByRole('listitem')).toHaveCount(1);
  const left = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    const names: string[] = [];
    for await (const [name] of folder.entries()) names.push(name);
    return names;
  });
  expect(left).toEqual([]);
});
