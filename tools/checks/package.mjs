/**
 * Checks the package as others get it: publint and attw, then the packed tarball installed into an empty project, where its command runs
 * without React; React is added, everything it exports imported, and the component rendered to a string; then the sizes of what a page
 * loads. Needs `npm run build` first.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { loadedBytes } from './loaded-bytes.mjs';

/** Most bytes, gzipped, that a page loads for an entry at once; what it loads when needed does not count. */
const budgets = { 'core.js': 60_000, 'index.js': 250_000 };

/** Entries without a module of types: scripts of workers, which a page starts but does not import, and styles. */
const notImported = /worker$|\.css$/;

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** Largest tarball: 22 MB of weights, 14 MB of fonts and the code. */
const largestPackage = 38e6;

function npm(args, cwd) {
  return execute('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, maxBuffer: 64e6 });
}

const folder = await mkdtemp(join(tmpdir(), 'aiprod-package-'));
try {
  const { messages } = await publint({ pkgDir: root, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, manifest)}`);
  if (messages.length > 0) throw new Error('publint found problems');

  const { stdout: packed } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
  const [{ filename, size, files }] = JSON.parse(packed);
  console.info(`${filename}: ${files.length} files, ${(size / 1e6).toFixed(1)} MB`);
  if (size > largestPackage) throw new Error(`the package has ${size} bytes, more than ${largestPackage}`);
  const stray = files.filter(({ path }) => /\.test\.|(^|\/)fixtures\/|^tools\//.test(path));
  if (stray.length > 0) throw new Error(`the package holds ${stray.map(({ path }) => path).join(', ')}`);

  const ignored = Object.keys(manifest.exports).filter((name) => notImported.test(name));
  await execute(process.execPath, [
    join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js'),
    ...[join(folder, filename), '--profile', 'esm-only', '--exclude-entrypoints', ...ignored.map((name) => name.slice(2))],
  ]);
  console.info('attw finds the types of every entry');

  for (const [entry, most] of Object.entries(budgets)) {
    const bytes = await loadedBytes(join(root, 'dist', 'embed'), entry);
    console.info(`${entry} with what it imports: ${(bytes / 1000).toFixed(1)} of ${most / 1000} kB gzipped`);
    if (bytes > most) throw new Error(`${entry} has grown beyond its budget: load something only when it is needed`);
  }

  // A bundler leaves such a call where CommonJS wants a package of the host; it would throw when the part that holds it is opened.
  for (const { path } of files.filter(({ path }) => /^dist\/embed\/.*\.js$/.test(path))) {
    if ((await readFile(join(root, path), 'utf8')).includes('Calling `require` for'))
      throw new Error(`${path} requires a package at run time`);
  }

  const project = join(folder, 'project');
  await execute('mkdir', [project]);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', version: '1.0.0', private: true, type: 'module' }));
  await npm(['install', join(folder, filename), '--omit=dev', '--prefer-offline'], project);

  const { stdout: version } = await execute(join(project, 'node_modules', '.bin', 'aiprod'), ['--version'], { cwd: project });
  if (version !== `${manifest.version}\n`) throw new Error(`aiprod --version prints ${JSON.stringify(version)}, not ${manifest.version}`);

  // Whoever installs the command needs no React.
  if (existsSync(join(project, 'node_modules', 'react'))) throw new Error('installing the command brought React with it');
  await npm(
    ['install', `react@${manifest.devDependencies.react}`, `react-dom@${manifest.devDependencies['react-dom']}`, '--prefer-offline'],
    project,
  );

  for (const [name, target] of Object.entries(manifest.exports ?? {})) {
    const specifier = name === '.' ? manifest.name : `${manifest.name}/${name.slice(2)}`;
    const text = JSON.stringify(target);
    const script =
      /\.m?js"/.test(text) && !notImported.test(name)
        ? `await import(${JSON.stringify(specifier)})`
        : `(await import('node:fs')).accessSync(new URL(import.meta.resolve(${JSON.stringify(specifier)})))`;
    await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd: project });
    console.info(`${specifier} can be imported`);
  }
  const written = `
    const core = await import(${JSON.stringify(`${manifest.name}/core`)});
    const sink = await core.openMemorySink();
    const clip = await core.openMp4Muxer(sink, { width: 64, height: 48, frameRate: { numerator: 24, denominator: 1 }, codec: 'av1', recipe: 7 });
    await clip.addPicture({ data: Uint8Array.of(10, 0), key: true, frame: 0 }, { codec: 'av01.0.00M.08' });
    await clip.finalize();
    await sink.close();
    process.stdout.write(Buffer.from(sink.bytes).toString('latin1'));`;
  const { stdout: movie } = await execute(process.execPath, ['--input-type=module', '--eval', written], { cwd: project });
  if (!movie.includes('"recipe":7}')) throw new Error('the core writes no clip');
  const render = `
    const [{ createElement }, { renderToString }, { AiprodStudio }] = await Promise.all([
      import('react'), import('react-dom/server'), import(${JSON.stringify(manifest.name)}),
    ]);
    process.stdout.write(renderToString(createElement(AiprodStudio, { locale: 'en', theme: 'dark' })));`;
  const { stdout: rendered } = await execute(process.execPath, ['--input-type=module', '--eval', render], { cwd: project });
  if (!rendered.includes('class="aiprod-studio') || !rendered.includes('lang="en"'))
    throw new Error(`rendered to ${rendered.slice(0, 200)}`);
  console.info(`the component renders to a string of ${rendered.length} characters in Node`);

  // The archive for machines without Node: run with no Node to be found.
  const archive = join(folder, 'aiprod.tar.gz');
  await execute(process.execPath, [
    join(root, 'tools', 'portable.mjs'),
    archive,
    '--without-model',
    '--with',
    'fixtures/golden/guider_apg',
  ]);
  await execute('tar', ['xf', archive, '-C', folder]);
  const portable = { cwd: folder, env: { HOME: folder, PATH: '/usr/bin:/bin' } };
  const { stdout: verified } = await execute(join(folder, 'aiprod', 'aiprod'), ['verify', 'aiprod/fixtures/golden/guider_apg'], portable);
  if (!verified.includes('1 of 1 cases agree')) throw new Error(`the portable command says ${verified}`);
  const training = await execute(join(folder, 'aiprod', 'train-embedded'), ['--help'], portable).catch(({ stderr }) => ({ stderr }));
  if (!/--vae-steps/.test(training.stderr)) throw new Error(`the portable training says ${training.stderr}`);
  console.info('the archive for machines without Node runs there');
} catch (error) {
  console.error(error instanceof Error ? [error.message, error.stderr].filter(Boolean).join('\n') : error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
