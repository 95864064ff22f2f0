import chromium from '@sparticuz/chromium';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium as playwright, type Browser, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type {} from './text-encoder-checks-page';

/** A text encoder in ONNX form in the worker of the page, for a model of random weights that is as wide as it. */

// A browser is slow where the processor is shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = resolve(import.meta.dirname, '..');
const html = '<!doctype html><title>text</title><script type="module" src="/workers/text-encoder-checks-page.ts"></script>';
const writerSchema = z.object({ writeTinyLtx: z.custom<(folder: string, width?: number) => Promise<void>>() });
const expected = z
  .object({ prompts: z.array(z.string()), mask: z.array(z.number()), states: z.array(z.number()), width: z.number() })
  .parse(JSON.parse(readFileSync(join(root, 'fixtures/onnx-encoder/expected.json'), 'utf8')));

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

let folder = '';
let server: ViteDevServer | undefined;
let browser: Browser | undefined;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-text-worker-'));
  const { writeTinyLtx } = writerSchema.parse(await import(pathToFileURL(join(root, 'tools/tiny-ltx/write-folder.mjs')).href));
  await writeTinyLtx(join(folder, 'fits', 'embedded'));
  await writeTinyLtx(join(folder, 'wider', 'embedded'), 48);
  server = await createServer({
    configFile: false,
    root,
    cacheDir: join(folder, 'vite'),
    appType: 'custom',
    logLevel: 'error',
    // Isolated as the studio is, so that the runtime has threads.
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null, headers: isolation },
    optimizeDeps: { noDiscovery: true, include: ['zod', 'comlink', 'mediabunny', 'gifenc'], exclude: ['onnxruntime-web'] },
    plugins: [
      {
        name: 'checks-page',
        configureServer({ middlewares }) {
          middlewares.use('/text.html', (_, response) => response.setHeader('Content-Type', 'text/html').end(html));
          middlewares.use('/models', (request, response) => {
            const file = join(folder, request.url ?? '');
            if (existsSync(file)) createReadStream(file).pipe(response);
            else response.writeHead(404).end();
          });
        },
      },
    ],
  });
  await server.listen();
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-quic', '--no-first-run'],
  });
  const address = server.httpServer?.address();
  if (address === null || typeof address !== 'object') throw new Error('the server has no port');
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/text.html`);
  await page.waitForFunction(() => globalThis.encodeInWorker !== undefined);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

const encode = (models: string) =>
  page.evaluate(
    ([name, prompts]) =>
      globalThis.encodeInWorker?.(`${location.origin}/models/${name}/`, `${location.origin}/fixtures/onnx-encoder/`, prompts),
    [models, expected.prompts] as const,
  );

it('encodes prompts as onnxruntime does, and names itself by hash', async () => {
  const made = await encode('fits');
  if (made === undefined) throw new Error('the page has no checks');
  expect(made.mask).toEqual(expected.mask);
  const wanted = expected.states.map((value, k) => (expected.mask[Math.floor(k / expected.width)] === 1 ? value : 0));
  expect(made.states).toHaveLength(wanted.length);
  expect(Math.max(...made.states.map((value, k) => Math.abs(value - wanted[k])))).toBeLessThan(2e-5);
  expect(made.files['text_encoder/model.onnx']).toMatch(/^sha256:/);
});

it('is refused where the transformer reads another width', async () => {
  await expect(encode('wider')).rejects.toThrow(/does not belong to this transformer .*48 channels.*32/);
});
