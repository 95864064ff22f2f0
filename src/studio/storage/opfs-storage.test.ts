import chromium from '@sparticuz/chromium';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium as playwright, type BrowserContext, type JSHandle, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StorageChecks } from './browser-checks-page';

/** What the studio keeps, in the private file system of a real browser. */

// A browser is slow where the processor is shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const html = '<!doctype html><title>storage</title><script type="module" src="/src/studio/storage/browser-checks-page.ts"></script>';
const hashes = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`);

let folder = '';
let server: ViteDevServer | undefined;
let browser: BrowserContext | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-storage-'));
  server = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '../../..'),
    cacheDir: join(folder, 'vite'),
    appType: 'custom',
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: ['zod', '@noble/hashes/sha2.js', '@noble/hashes/utils.js'] },
    plugins: [
      {
        name: 'checks-page',
        configureServer({ middlewares }) {
          middlewares.use('/storage.html', (_, response) => response.setHeader('Content-Type', 'text/html').end(html));
        },
      },
    ],
  });
  await server.listen();
  await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openBrowser(): Promise<void> {
  // A profile of its own on disk: what is stored must outlive the browser.
  browser = await playwright.launchPersistentContext(join(folder, 'profile'), {
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-quic', '--no-first-run'],
  });
}

async function openPage(): Promise<{ page: Page; checks: JSHandle<StorageChecks> }> {
  const address = server?.httpServer?.address();
  if (browser === undefined || address === null || typeof address !== 'object') throw new Error('nothing is open');
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/storage.html`);
  await page.waitForFunction(() => globalThis.storageChecks !== undefined);
  const checks = await page.evaluateHandle(() => {
    if (globalThis.storageChecks === undefined) throw new Error('the page has no checks');
    return globalThis.storageChecks;
  });
  return { page, checks };
}

it('keeps files by content and documents by name over a restart of the browser', async () => {
  const { checks } = await openPage();
  await checks.evaluate(async ({ storage, addText }, [a, b]) => {
    await addText(a, 'first');
    await addText(b, 'second');
    await storage.writeDocument('projects/ä & ü', 'one');
    await storage.writeDocument('projects/ä & ü', 'two');
    await storage.writeDocument('..', 'dots');
  }, hashes);
  await browser?.close();
  await openBrowser();
  const again = await openPage();
  const kept = await again.checks.evaluate(
    async ({ storage, text }, [a, , c]) => ({
      lasting: await storage.lasting(),
      documents: await storage.listDocuments(),
      files: await storage.listFiles(),
      one: await storage.readDocument('projects/ä & ü'),
      none: (await storage.readDocument('nothing')) === undefined && (await text(c)) === undefined,
      first: await text(a),
    }),
    hashes,
  );
  expect(kept).toEqual({
    lasting: true,
    documents: ['projects/ä & ü', '..'].toSorted((x, y) => (encodeURIComponent(x) < encodeURIComponent(y) ? -1 : 1)),
    files: [
      { fingerprint: hashes[0], bytes: 5 },
      { fingerprint: hashes[1], bytes: 6 },
    ],
    one: 'two',
    none: true,
    first: 'first',
  });
  const left = await again.checks.evaluate(async ({ storage }, [a, b]) => {
    for (const name of [a, b, a]) await storage.removeFile(name);
    for (const name of ['..', 'never']) await storage.removeDocument(name);
    return { files: await storage.listFiles(), documents: await storage.listDocuments() };
  }, hashes);
  expect(left).toEqual({ files: [], documents: ['projects/ä & ü'] });
  await again.page.close();
});

it('leaves a document whole when the tab dies while it is written', async () => {
  const { page, checks } = await openPage();
  const length = 2_000_000;
  await checks.evaluate(({ storage }) => storage.writeDocument('crash', 'start'));
  checks.evaluate(({ writeForever }, size) => writeForever('crash', size), length).catch(() => undefined);
  await new Promise((after) => setTimeout(after, 400));
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  const next = await openPage();
  const found = await next.checks.evaluate(async ({ storage }) => ({
    text: await storage.readDocument('crash'),
    names: await storage.listDocuments(),
  }));
  expect(found.text).toMatch(/^(start|([a-z])\2*)$/);
  expect([5, length]).toContain(found.text?.length);
  expect(found.names).toContain('crash');
  await next.page.close();
});

it('says in a typed error that there is no room, and keeps what was there', async () => {
  const { page, checks } = await openPage();
  expect(await checks.evaluate(({ whenFull }) => whenFull())).toEqual({
    code: 'storage-full',
    // Without the names that files have in the private file system.
    words:
      'There is no room left in the browser’s storage (found the disk is full). ' +
      'Remove a model or clips that you do not need, or free space on the disk.',
    ...{ kept: 'as before', files: 0 },
  });
  // The browser's own quota, not a staged failure.
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 5_000_000 });
  const code = await checks.evaluate(({ codeOf, addBytes }, [a]) => codeOf(() => addBytes(a, 8_000_000)), hashes);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  expect(code).toBe('storage-full');
  expect(await checks.evaluate(({ storage }) => storage.listFiles())).toEqual([]);
  await page.close();
});

it('refuses names that are none, and works until the tab closes where there is no file system', async () => {
  const { page, checks } = await openPage();
  const codes = await checks.evaluate(async ({ codeOf, storage }) => [
    await codeOf(() => storage.writeDocument('x'.repeat(300), '')),
    await codeOf(() => storage.addFile('../../etc', new Blob([]))),
  ]);
  expect(codes).toEqual(['internal', 'internal']);
  expect(await checks.evaluate(({ withoutFiles }) => withoutFiles())).toEqual({ lasting: false, kept: 'kept' });
  await page.close();
});

it('lets one tab have a project, and hands it over when asked or when the tab is gone', async () => {
  const [first, second] = [await openPage(), await openPage()];
  const take = ({ checks }: typeof first, steal: boolean) => checks.evaluate((page, way) => page.take('project', way), steal);
  const lost = () => first.checks.evaluate((page) => page.lost());
  expect(await take(first, false)).toBe(true);
  expect(await take(second, false)).toBe(false);
  expect(await take(second, true)).toBe(true);
  await expect.poll(lost).toEqual(['project']);
  expect(await take(first, false)).toBe(false);
  await second.page.close();
  await expect.poll(() => take(first, false)).toBe(true);
  await first.checks.evaluate(({ release }) => release('project'));
  expect(await lost()).toEqual(['project']);
  await first.page.close();
});

it('keeps what unfinished runs have done over a reload, and without room until the tab closes', async () => {
  const checkpoint = [7, 8];
  const keptOf = async ({ checks }: Awaited<ReturnType<typeof openPage>>, run: string) => {
    const { outputs, ...rest } = await checks.evaluate(({ keptRun }, name) => keptRun(name), run);
    return { outputs: outputs === undefined ? undefined : (JSON.parse(outputs) as unknown), ...rest };
  };
  const outputs = { latents: { shape: [2], data: [1, 2] }, report: { steps: 3 } };
  const first = await openPage();
  await first.checks.evaluate(({ keepRun }) => keepRun('run / ä', false));
  await first.checks.evaluate(({ keepRun }) => keepRun('no room', true));
  expect(await keptOf(first, 'no room')).toEqual({ outputs, checkpoint, runs: ['no room', 'run / ä'] });
  await first.page.close();
  const again = await openPage();
  expect(await keptOf(again, 'run / ä')).toMatchObject({ outputs, checkpoint });
  expect(await keptOf(again, 'no room')).toMatchObject({ outputs: undefined, checkpoint: undefined });
  await again.checks.evaluate(({ forgetRun }) => forgetRun('run / ä'));
  expect(await keptOf(again, 'run / ä')).toMatchObject({ outputs: undefined, checkpoint: undefined });
  await again.page.close();
});
