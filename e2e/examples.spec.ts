/**
 * The examples, built from the packed package and driven: the component in React 18 by Vite and in React 19 by Next, the custom element in
 * a plain page. Needs `npm run build` first.
 */
import { expect, test, type Page } from '@playwright/test';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build, preview, type PreviewServer } from 'vite';
import { embeddedAsRepository, serveHub } from './hub';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const minutes = 60_000;
const isolation = { 'Document-Isolation-Policy': 'isolate-and-require-corp' };

let folder = '';
let packed = '';
const servers: PreviewServer[] = [];
const processes: ChildProcess[] = [];

test.describe.configure({ timeout: 3 * minutes });

test.beforeAll(async () => {
  await mustBeBuilt();
  folder = await mkdtemp(join(tmpdir(), 'aiprod-examples-'));
  const { stdout } = await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  await execute('tar', ['-xzf', join(folder, stdout.trim().split('\n').at(-1) ?? ''), '-C', folder]);
  packed = join(folder, 'package');
});
test.afterAll(async () => {
  for (const server of servers) await server.close();
  for (const child of processes) child.kill();
  await rm(folder, { recursive: true, force: true });
});

/** An old build would be tested in place of what the sources say. */
async function mustBeBuilt(): Promise<void> {
  const times = async (path: string): Promise<number> => (await stat(path)).mtimeMs;
  const built = await times(join(root, 'dist', 'embed', 'element.js')).catch(() => 0);
  for (const place of ['src', 'workers']) {
    for (const name of await readdir(join(root, place), { recursive: true })) {
      if (!/\.(tsx?|css|json)$/.test(name) || /\.test\.tsx?$/.test(name)) continue;
      if ((await times(join(root, place, name))) > built)
        throw new Error(`dist/embed is older than ${place}/${name}: run \`npm run build\` first`);
    }
  }
}

/**
 * A copy of an example with modules of the registry. They are installed elsewhere first, for the example also names the package itself,
 * which the registry does not have.
 */
async function copyOf(example: string, ...modules: string[]): Promise<string> {
  const place = join(folder, example);
  await cp(join(root, 'examples', example), place, { recursive: true });
  const elsewhere = join(folder, `modules-of-${example}`);
  await mkdir(join(elsewhere, 'node_modules'), { recursive: true });
  if (modules.length > 0) {
    await execute('npm', ['install', '--prefix', elsewhere, ...modules, '--no-audit', '--no-fund', '--prefer-offline']);
  }
  await rename(join(elsewhere, 'node_modules'), join(place, 'node_modules'));
  return place;
}

/** The packed package among an example's modules, and of its dependencies the one that it leaves outside of its bundles. */
const ownModules = (): [from: string, name: string][] => [
  [packed, 'aiprod-studio'],
  [join(root, 'node_modules', 'onnxruntime-web'), 'onnxruntime-web'],
];

async function serve(place: string, outDir: string): Promise<string> {
  const server = await preview({
    ...{ configFile: false, root: place, logLevel: 'error', build: { outDir } },
    preview: { host: '127.0.0.1', port: 0, strictPort: false, headers: isolation },
  });
  servers.push(server);
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error('the example has no address');
  return address;
}

/** The converter's core, as a host serves it: no part of the package. */
async function serveConverter(place: string): Promise<void> {
  const core = join(root, 'node_modules', '@ffmpeg', 'core', 'dist', 'esm');
  await cp(core, join(place, 'converter'), { recursive: true });
}

/** A file that browsers do not read is converted in Edit. */
async function converts(page: Page): Promise<void> {
  await page.getByLabel('Video, picture, sound or .cube files').setInputFiles(join(root, 'src', 'media', 'fixtures', 'steps.mpg'));
  await expect(page.getByRole('dialog')).toContainText('ffmpeg, 32 MB');
  await page.getByRole('button', { name: 'Load and convert' }).click();
  await expect(page.getByRole('button', { name: 'Add steps.mpg to the timeline' })).toBeVisible();
}

/** Everything that a page says of faults. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  return faults;
}

test('two studios in a React 18 application by Vite share nothing', async ({ page }) => {
  const place = await copyOf('vite-react', 'react@~18.2.0', 'react-dom@~18.2.0');
  for (const [from, name] of ownModules()) await symlink(from, join(place, 'node_modules', name));
  await symlink(join(root, 'node_modules', '@vitejs'), join(place, 'node_modules', '@vitejs'));
  await cp(join(packed, 'public', 'models'), join(place, 'public', 'models'), { recursive: true });
  await build({
    root: place,
    logLevel: 'error',
    // The package lies elsewhere and would look for React there.
    resolve: { dedupe: ['react', 'react-dom'], preserveSymlinks: true },
  });
  const faults = faultsOf(page);
  await page.goto(await serve(place, 'dist'));
  await expect(page.getByRole('heading', { name: /^React 18\.2/ })).toBeVisible();
  const [first, second] = ['First', 'Second'].map((name) => page.getByRole('region', { name, exact: true }));
  // Their workers found a graphics adapter and read the served model.
  for (const studio of [first, second]) await studio.getByText('of graphics memory').waitFor({ timeout: 2 * minutes });
  await first.getByRole('button', { name: 'Name the project First' }).click();
  await expect(first.getByRole('status').first()).toHaveText('1 changes, named "First"');
  await expect(second.getByRole('status').first()).toHaveText('0 changes, named ""');
  await first.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
  await expect(second.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue('');
  // The second leaves parts out.
  for (const [studio, parts] of [
    [first, 1],
    [second, 0],
  ] as const) {
    await expect(studio.getByRole('navigation', { name: 'Workspaces' })).toHaveCount(parts);
    await expect(studio.getByRole('heading', { name: 'Settings' })).toHaveCount(parts);
  }
  await expect(first.locator('.aiprod-studio')).toHaveAttribute('data-theme', 'light');
  await expect(second.locator('.aiprod-studio')).toHaveAttribute('data-theme', 'dark');
  expect(faults).toEqual([]);
});

test('a page of a Next application, with React 19, has the studio rendered empty by the server and opened by the browser', async ({
  page,
}) => {
  // Its modules are 340 MB to fetch.
  test.setTimeout(6 * minutes);
  const place = await copyOf('next', 'next@16', 'react@19', 'react-dom@19');
  // Copied, for Next looks at no module outside of the application.
  for (const [from, name] of ownModules()) await cp(from, join(place, 'node_modules', name), { recursive: true });
  await cp(join(packed, 'public', 'models'), join(place, 'public', 'models'), { recursive: true });
  const ownPage = join(place, 'app', 'page.jsx');
  await writeFile(ownPage, (await readFile(ownPage, 'utf8')).replace('modelsUrl', 'converterUrl="/converter/" modelsUrl'));
  await serveConverter(join(place, 'public'));
  const next = join(place, 'node_modules', 'next', 'dist', 'bin', 'next');
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const };
  await execute(process.execPath, [next, 'build'], { cwd: place, env });
  const address = await serveNext(place, next, env);
  expect(await (await fetch(address)).text()).toMatch(/<div class="aiprod-studio[^>]*lang="en"/);
  const faults = faultsOf(page);
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(address);
  await page.getByText('of graphics memory').waitFor({ timeout: 2 * minutes });
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
  await page.getByRole('spinbutton', { name: 'Steps' }).fill('1');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor({ timeout: 2 * minutes });
  // Loaded when opened, with libraries that ask for React in a way of their own; a title with its fonts and shaper.
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Add a title at the playhead' }).click({ timeout: minutes });
  await expect(page.getByRole('gridcell', { name: /Title/ })).toBeVisible({ timeout: minutes });
  // Its worker is one that Next bundles.
  await converts(page);
  expect(faults).toEqual([]);
});

/** Starts Next's own server at a free port. */
async function serveNext(place: string, next: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [next, 'start', '--port', '0', '--hostname', '127.0.0.1'], {
    ...{ cwd: place, env, stdio: ['ignore', 'pipe', 'inherit'] as const },
  });
  processes.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error("Next's server ended before it said where it listens");
}

test('the custom element in a plain page makes a clip with the page’s own model, with nothing but the package’s files', async ({
  page,
}) => {
  const place = await copyOf('html');
  for (const [from, name] of ownModules()) await symlink(from, join(place, 'node_modules', name));
  const faults = faultsOf(page);
  await page.goto(await serve(place, '.'));
  const studio = page.locator('aiprod-studio .aiprod-studio');
  await expect(studio).toHaveAttribute('lang', 'fr');
  await page.waitForFunction(() => Object.hasOwn(document.querySelector('aiprod-studio') ?? {}, 'api'));
  await expect(page.getByRole('button', { name: /^house-model/ })).toBeVisible({ timeout: 2 * minutes });
  await page.getByRole('button', { name: 'Make a clip' }).click();
  await expect(page.locator('#made')).toHaveText(/^17 frames, video\/mp4, \d+ bytes$/, { timeout: 2 * minutes });
  expect(faults).toEqual([]);
});

/** A page whose host keeps fetched models itself, here in memory, and notes what is asked of it. */
const pageWithStorage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>A host that keeps models</title>
    <link rel="stylesheet" href="./node_modules/aiprod-studio/dist/embed/style.css" />
    <script type="module" src="./node_modules/aiprod-studio/dist/embed/element.js"></script>
  </head>
  <body>
    <script type="module">
      const files = new Map();
      const asked = [];
      const keep = (path, ...parts) => void files.set(path, new Blob(parts));
      const storage = {
        list: async () => [...files.keys()],
        read: async (path) => (asked.push('read ' + path), files.get(path)),
        write: async (path, content) => keep(path, content),
        append: async (path, bytes) => (asked.push('append ' + path), keep(path, files.get(path), bytes)),
        truncate: async (path, bytes) => keep(path, (files.get(path) ?? new Blob([])).slice(0, bytes)),
        remove: async (path) => [...files.keys()].filter((own) => own === path || own.startsWith(path + '/')).forEach((own) => files.delete(own)),
        freeBytes: async () => 1e9,
      };
      Object.assign(window, { files, asked });
      const studio = document.createElement('aiprod-studio');
      studio.setAttribute('locale', 'en');
      studio.setAttribute('converter-url', './converter/');
      studio.options = { modelsUrl: './node_modules/aiprod-studio/public/models/', models: { storage } };
      document.body.append(studio);
    </script>
  </body>
</html>`;

test('a host’s storage is what fetched models are written to and read from', async ({ page }) => {
  const place = join(folder, 'host-storage');
  await mkdir(join(place, 'node_modules'), { recursive: true });
  await writeFile(join(place, 'index.html'), pageWithStorage);
  for (const [from, name] of ownModules()) await symlink(from, join(place, 'node_modules', name));
  await serveConverter(place);
  const repository = await embeddedAsRepository();
  await serveHub(page, 'someone/tiny-clips', repository);
  const faults = faultsOf(page);
  const asked = (): Promise<unknown> => page.evaluate((): unknown => Reflect.get(window, 'asked'));
  await page.goto(await serve(place, '.'));
  await page.getByText('of graphics memory').waitFor({ timeout: 2 * minutes });
  await page.getByRole('button', { name: /Change the model/ }).click();
  await page.getByRole('textbox', { name: 'Fetch a model' }).fill('someone/tiny-clips');
  await page.getByRole('button', { name: 'Look up' }).click();
  await page.getByRole('button', { name: 'Download 22 MB' }).click();
  await page.getByText('tiny-clips is here. Every file has the hash that it should have.').waitFor({ timeout: minutes });
  const weights = 'tiny-clips/transformer/diffusion_pytorch_model.safetensors';
  expect(await asked()).toContain(`append ${weights}`);
  // What lies with the host is the model, byte for byte; in the browser's own storage there is nothing of it.
  const stored = await page.evaluate(async (path) => {
    const files: unknown = Reflect.get(window, 'files');
    const file: unknown = files instanceof Map ? files.get(path) : undefined;
    if (!(file instanceof Blob)) return undefined;
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }, weights);
  const content = repository.find(([path]) => `tiny-clips/${path}` === weights)?.[1] ?? '';
  expect(stored).toBe(createHash('sha256').update(Buffer.from(content, 'base64')).digest('hex'));
  const own = await page.evaluate(async () => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return names;
  });
  expect(own).not.toContain('models');

  await page.evaluate(() => {
    const noted: unknown = Reflect.get(window, 'asked');
    if (Array.isArray(noted)) noted.length = 0;
  });
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.getByRole('button', { name: 'tiny-clips. Change the model' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
  await page.getByRole('spinbutton', { name: 'Steps' }).fill('1');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor({ timeout: 2 * minutes });
  expect(await asked()).toContain(`read ${weights}`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await converts(page);
  expect(faults).toEqual([]);
});
