import chromium from '@sparticuz/chromium';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium as playwright, type Browser } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type {} from './browser-checks-page';

// A browser is slow where the processor is shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const html = '<!doctype html><title>onnx</title><script type="module" src="/src/text/onnx/browser-checks-page.ts"></script>';

let folder = '';
let server: ViteDevServer | undefined;
let browser: Browser | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-onnx-browser-'));
  server = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '../../..'),
    cacheDir: join(folder, 'vite'),
    appType: 'custom',
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    // The runtime finds its WebAssembly beside itself, so that it stays where it is.
    optimizeDeps: { noDiscovery: true, include: ['zod'], exclude: ['onnxruntime-web'] },
    plugins: [
      {
        name: 'checks-page',
        configureServer({ middlewares }) {
          middlewares.use('/onnx.html', (_, response) => response.setHeader('Content-Type', 'text/html').end(html));
        },
      },
    ],
  });
  await server.listen();
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-quic', '--no-first-run'],
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

it('a text encoder in ONNX form gives in the browser what onnxruntime gives', async () => {
  const address = server?.httpServer?.address();
  if (browser === undefined || address === null || typeof address !== 'object') throw new Error('the server has no port');
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/onnx.html`);
  await page.waitForFunction(() => globalThis.onnxEncoderDifferenceHere !== undefined);
  expect(await page.evaluate(() => globalThis.onnxEncoderDifferenceHere?.())).toBeLessThan(2e-5);
});
