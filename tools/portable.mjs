/**
 * Packs `aiprod`, Node and the embedded model's training for a machine of this kind that has neither a network nor Node:
 *
 *     node tools/portable.mjs FILE.tar.xz [--with PATH ...] [--without-model]     (or FILE.tar.gz, half as large again)
 *
 * There, `tar xf FILE.tar.xz && aiprod/aiprod doctor`, and `aiprod/train-embedded`. What else is to go along is named with --with, relative to the
 * checkout; --without-model leaves the embedded model behind, for an archive that is to be small. Native packages other than WebGPU's stay
 * behind: films are written by ffmpeg or as frames, captions are not made.
 */
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { bundleForNode } from './cli-bundle.mjs';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

/** Packages whose own files are read at run time: copied as they are. */
const copied = ['webgpu', '@bokuweb/zstd-wasm'];
/** Packages that are asked for where they are there. */
const absent = ['sharp', '@napi-rs/webcodecs', 'onnxruntime-web', 'harfbuzzjs', 'woff2-encoder', 'woff2-encoder/decompress'];

const launcher = (script) => `#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/${script}" "$@"\n`;

async function pack(folder, also) {
  await bundleForNode(
    root,
    join(folder, 'dist', 'cli'),
    { main: 'src/cli/main.ts', training: 'tools/embedded-model/chain/command.ts' },
    { ssr: { noExternal: true, external: [...copied, ...absent] }, build: { minify: true } },
  );
  const training = `import { trainEmbedded } from './dist/cli/training.mjs';\nawait trainEmbedded(process.argv.slice(2));\nprocess.exit();\n`;
  await writeFile(join(folder, 'train-embedded.mjs'), training);
  await writeFile(join(folder, 'aiprod'), launcher('bin/aiprod.mjs'), { mode: 0o755 });
  await writeFile(join(folder, 'train-embedded'), launcher('train-embedded.mjs'), { mode: 0o755 });
  await copyFile(process.execPath, join(folder, 'node'));
  const platform = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  const wanted = (path) => !/webgpu\/dist\/./.test(path) || path.includes(platform);
  for (const name of copied)
    await cp(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true, filter: wanted });
  for (const path of ['bin/aiprod.mjs', 'package.json', 'LICENSE', ...also]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(root, path), join(folder, path), { recursive: true });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { with: { type: 'string', multiple: true, default: [] }, 'without-model': { type: 'boolean', default: false } },
});
if (positionals.length !== 1) throw new Error('usage: node tools/portable.mjs FILE.tar.xz [--with PATH ...] [--without-model]');
const also = [...values.with, ...(values['without-model'] ? [] : ['public/models/embedded'])];
const target = resolve(positionals[0]);
const aside = await mkdtemp(join(tmpdir(), 'aiprod-portable-'));
try {
  await pack(join(aside, 'aiprod'), also);
  // The name's end says how it is packed.
  const partial = join(dirname(target), `partial-${basename(target)}`);
  await run('tar', ['-caf', partial, '-C', aside, 'aiprod'], { env: { XZ_OPT: '-6 -T0', ...process.env } });
  await rename(partial, target);
} finally {
  await rm(aside, { recursive: true, force: true });
}
console.info(`${target}: ${((await stat(target)).size / 1e6).toFixed(1)} MB`);
