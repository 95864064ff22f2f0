import chromium from '@sparticuz/chromium';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium as playwright, type BrowserContext, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { chunkBytes } from './manifest';
import type {} from './browser-checks-page';

// A browser is slow where the processor is shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const page_ = '<!doctype html><title>store</title><script type="module" src="/src/weights/store/browser-checks-page.ts"></script>';

let folder = '';
let server: ViteDevServer;
let browser: BrowserContext;
let page: Page;
let weights: Buffer;
/** Bytes after which the next answers end. */
let cuts: number[] = [];
let ranges: (string | undefined)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-store-browser-'));
  const transformer = 'public/models/embedded/vae/diffusion_pytorch_model.safetensors';
  weights = await readFile(resolve(import.meta.dirname, '../../..', transformer));
  server = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '../../..'),
    cacheDir: join(folder, 'vite'),
    appType: 'custom',
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: ['zod', 'comlink', '@noble/hashes/sha2.js', '@noble/hashes/utils.js'] },
    plugins: [
      {
        name: 'checks-page',
        configureServer({ middlewares }) {
          middlewares.use('/store.html', (_, response) => response.setHeader('Content-Type', 'text/html').end(page_));
          middlewares.use('/remote/', (request, response) => {
            ranges.push(request.headers.range);
            const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
            response.setHeader('content-length', weights.length - start).setHeader('etag', '"one"');
            if (start > 0) response.setHeader('content-range', `bytes ${start}-${weights.length - 1}/${weights.length}`);
            response.writeHead(start > 0 ? 206 : 200);
            const cut = cuts.shift();
            if (cut === undefined) response.end(weights.subarray(start));
            // A stream that fails drops what was not read yet: the page is given time to read it.
            else response.write(weights.subarray(start, start + cut), () => setTimeout(() => response.destroy(), cut > 0 ? 500 : 0));
          });
        },
      },
    ],
  });
  await server.listen();
  // A profile of its own on disk: what is stored must outlive the page.
  browser = await playwright.launchPersistentContext(join(folder, 'profile'), {
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-quic', '--no-first-run'],
  });
  page = await browser.newPage();
  await open();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  await page.goto(`${origin()}/store.html`);
  await page.waitForFunction(() => globalThis.storeChecks !== undefined);
}

function origin(): string {
  const address = server.httpServer?.address();
  if (address === null || typeof address !== 'object') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}

it('keeps a model in the private file system, goes on after a cut and a reload, and finds damage', async () => {
  const url = `${origin()}/remote/weights.safetensors`;
  const add = (): Promise<string | undefined> => page.evaluate((address) => globalThis.storeChecks?.add('tiny', address), url);
  cuts = [chunkBytes + 100, 0, 0, 0, 0, 0, 0];
  expect(await add()).toContain('what has arrived is kept');
  cuts = [];
  ranges = [];
  await open();
  expect(await page.evaluate(() => globalThis.storeChecks?.list())).toMatchObject([
    { name: 'tiny', state: 'begun', download: { bytes: chunkBytes } },
  ]);
  expect(await add()).toBe(createHash('sha256').update(weights).digest('hex'));
  expect(ranges).toEqual([`bytes=${chunkBytes}-`]);
  await open();
  expect(await page.evaluate(() => globalThis.storeChecks?.list())).toMatchObject([{ name: 'tiny', state: 'whole' }]);
  expect(await page.evaluate(() => globalThis.storeChecks?.verify('tiny'))).toMatchObject([{ damaged: [] }]);
  const names = await page.evaluate(() => globalThis.storeChecks?.tensors('tiny', 'weights.safetensors'));
  expect(names).toContain('decoder.conv_in.conv.weight');

  await page.evaluate((at) => globalThis.storeChecks?.damage('tiny', 'weights.safetensors', at), chunkBytes + 5);
  expect(await page.evaluate(() => globalThis.storeChecks?.verify('tiny'))).toMatchObject([{ damaged: [1] }]);
  await page.evaluate(() => globalThis.storeChecks?.remove('tiny'));
  expect(await page.evaluate(() => globalThis.storeChecks?.list())).toEqual([]);
});
