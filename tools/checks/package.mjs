/**
 * Checks the package as others get it: publint, then the packed tarball installed into an empty project, its command run and
 * everything it exports imported. Needs `npm run build` first.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** Largest tarball: 24 MB of weights and the code. */
const largestPackage = 32e6;

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

  const project = join(folder, 'project');
  await execute('mkdir', [project]);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', version: '1.0.0', private: true, type: 'module' }));
  await npm(['install', join(folder, filename), '--omit=dev', '--prefer-offline'], project);

  const { stdout: version } = await execute(join(project, 'node_modules', '.bin', 'aiprod'), ['--version'], { cwd: project });
  if (version !== `${manifest.version}\n`) throw new Error(`aiprod --version prints ${JSON.stringify(version)}, not ${manifest.version}`);

  for (const [name, target] of Object.entries(manifest.exports ?? {})) {
    const specifier = name === '.' ? manifest.name : `${manifest.name}/${name.slice(2)}`;
    const text = JSON.stringify(target);
    const script = /\.m?js"/.test(text)
      ? `await import(${JSON.stringify(specifier)})`
      : `(await import('node:fs')).accessSync(new URL(import.meta.resolve(${JSON.stringify(specifier)})))`;
    await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd: project });
    console.info(`${specifier} can be imported`);
  }
} catch (error) {
  console.error(error instanceof Error ? [error.message, error.stderr].filter(Boolean).join('\n') : error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
