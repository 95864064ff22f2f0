import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium as playwright, type Page } from 'playwright';
import { createServer } from 'vite';
import { chromiumLaunch } from '../../../tools/chromium';

const root = resolve(import.meta.dirname, '../../..');
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const html = '<!doctype html><title>editor</title><script type="module" src="/workers/editor/testing/editor-checks-page.ts"></script>';

/** A page of Chromium that has `editorChecks`, on the software adapter; `close` takes browser and server away. */
export async function openChecks(): Promise<{ readonly page: Page; close(): Promise<void> }> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'aiprod-editor-vite-'));
  const server = await createServer({
    ...{ configFile: false, root, cacheDir, appType: 'custom', logLevel: 'error' },
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null, headers: isolation },
    optimizeDeps: {
      noDiscovery: true,
      include: [
        'zod',
        'comlink',
        'immer',
        'mediabunny',
        'gifenc',
        'h264-mp4-encoder',
        'wesl',
        '@noble/hashes/sha2.js',
        '@noble/hashes/utils.js',
      ],
    },
    plugins: [
      {
        name: 'checks-page',
        configureServer: ({ middlewares }) => {
          middlewares.use('/editor.html', (_, response) => response.setHeader('Content-Type', 'text/html').end(html));
        },
      },
    ],
  });
  await server.listen();
  const browser = await playwright.launch(await chromiumLaunch());
  const address = server.httpServer?.address();
  if (address === null || typeof address !== 'object') throw new Error('the server has no port');
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${address.port}/editor.html`);
  await page.waitForFunction(() => globalThis.editorChecks !== undefined);
  return {
    page,
    async close() {
      await browser.close();
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}
