/**
 * The examples, built from the packed package and driven: the component in React 18, the custom element in a plain page; the component in
 * React 19 when AIPROD_EXAMPLES is `all`. Needs `npm run build` first.
 */
import { expect, test, type Page } from '@playwright/test';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build, preview, type PreviewServer } from 'vite';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const minutes = 60_000;
const isolation = { 'Document-Isolation-Policy': 'isolate-and-require-corp' };

let folder = '';
let packed = '';
const servers: PreviewServer[] = [];

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

/** A copy of an example with the packed package among its modules; it is built and served by the tools of this checkout. */
async function copyOf(example: string, name: string): Promise<string> {
  const place = join(folder, name);
  await cp(join(root, 'examples', example), place, { recursive: true });
  await mkdir(join(place, 'node_modules'));
  await symlink(packed, join(place, 'node_modules', 'aiprod-studio'));
  // A dependency that the package leaves outside of its bundles.
  await symlink(join(root, 'node_modules', 'onnxruntime-web'), join(place, 'node_modules', 'onnxruntime-web'));
  return place;
}

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

/** Everything that a page says of faults. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  return faults;
}

for (const react of ['18.2', '19']) {
  test(`two studios in a React ${react} application by Vite share nothing`, async ({ page }) => {
    const skipped = react !== '18.2' && process.env.AIPROD_EXAMPLES !== 'all';
    const reason = `React ${react} is tried on request only: AIPROD_EXAMPLES=all npx playwright test e2e/examples.spec.ts`;
    // The report of the list has no reasons.
    if (skipped) console.info(`skipped: ${reason}`);
    test.skip(skipped, reason);
    const place = await copyOf('vite-react', `react-${react}`);
    if (react === '19') {
      for (const module of ['react', 'react-dom', 'scheduler'])
        await symlink(join(root, 'node_modules', module), join(place, 'node_modules', module));
    } else {
      const elsewhere = join(folder, `modules-${react}`);
      await mkdir(elsewhere);
      await execute('npm', [
        'install',
        '--prefix',
        elsewhere,
        `react@~${react}.0`,
        `react-dom@~${react}.0`,
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
      ]);
      for (const module of ['react', 'react-dom', 'scheduler', 'loose-envify', 'js-tokens'])
        await cp(join(elsewhere, 'node_modules', module), join(place, 'node_modules', module), { recursive: true });
    }
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
    await expect(page.getByRole('heading', { name: new RegExp(`^React ${react}`) })).toBeVisible();
    const [first, second] = ['First', 'Second'].map((name) => page.getByRole('region', { name, exact: true }));
    // Their workers found a graphics adapter and read the served model.
    for (const studio of [first, second]) await studio.getByText('of graphics memory').waitFor({ timeout: 2 * minutes });
    await first.getByRole('button', { name: 'Name the project First' }).click();
    await expect(first.getByRole('status').first()).toHaveText('1 changes, named "First"');
    await expect(second.getByRole('status').first()).toHaveText('0 changes, named ""');
    await first.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
    await expect(second.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue('');
    await expect(first.locator('.aiprod-studio')).toHaveAttribute('data-theme', 'light');
    await expect(second.locator('.aiprod-studio')).toHaveAttribute('data-theme', 'dark');
    expect(faults).toEqual([]);
  });
}

test('the custom element in a plain page makes a clip, with nothing but the package’s files', async ({ page }) => {
  const place = await copyOf('html', 'html');
  const faults = faultsOf(page);
  await page.goto(await serve(place, '.'));
  const studio = page.locator('aiprod-studio .aiprod-studio');
  await expect(studio).toHaveAttribute('lang', 'fr');
  await page.waitForFunction(() => Object.hasOwn(document.querySelector('aiprod-studio') ?? {}, 'api'));
  await page.getByRole('button', { name: 'Make a clip' }).click();
  await expect(page.locator('#made')).toHaveText(/^17 frames, video\/mp4, \d+ bytes$/, { timeout: 2 * minutes });
  expect(faults).toEqual([]);
});
