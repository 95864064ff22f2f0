import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readRecipeFile } from './node';

/** In a process of its own, so that nothing but the writer fills its memory. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const FRAMES = 2000;
const SIDE = 256;
const MIB = 2 ** 20;

/** Writes frames of noise, which do not compress, and reads them back; prints the memory of the process (RSS) meanwhile. */
const PROGRAM = `
import { openVideo, openVideoWriter } from './node.mjs';
const [path] = process.argv.slice(2);
const writer = await openVideoWriter(path, {
  width: ${SIDE}, height: ${SIDE}, format: 'mp4', encoder: 'wasm', quality: 'high',
  frameRate: { numerator: 24, denominator: 1 }, recipe: { prompt: 'noise' },
});
const rgba = new Uint8Array(${SIDE * SIDE * 4});
const memory = [];
let state = 1;
for (let index = 0; index < ${FRAMES}; index++) {
  for (let at = 0; at < rgba.length; at++) { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; rgba[at] = state >>> 24; }
  await writer.addFrame(rgba, index);
  if (index % 250 === 249) { globalThis.gc(); memory.push(process.memoryUsage.rss()); }
}
await writer.finish();
globalThis.gc();
memory.push(process.memoryUsage.rss());
const reader = await openVideo(path);
const reading = [];
let frames = 0;
for await (const picture of reader.pictures()) {
  if (picture.rgba().length === rgba.length) frames += 1;
  if (frames % 500 === 0) { globalThis.gc(); reading.push(process.memoryUsage.rss()); }
}
await reader.close();
process.stdout.write(JSON.stringify({ memory, reading, frames }));
`;

const resultSchema = z.object({ memory: z.array(z.number()), reading: z.array(z.number()), frames: z.number() });

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(resolve(import.meta.dirname, '../../node_modules'), '.writer-memory-'));
  await build({
    root: resolve(import.meta.dirname, '../..'),
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      ssr: join(import.meta.dirname, 'node.ts'),
      outDir: folder,
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'node.mjs' } },
    },
  });
  await writeFile(join(folder, 'program.mjs'), PROGRAM);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it(`${FRAMES} frames of ${SIDE}x${SIDE}: memory stays flat while they are written and read`, async () => {
  const output = await mkdtemp(join(tmpdir(), 'aiprod-writer-memory-'));
  try {
    const path = join(output, 'clip.mp4');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', join(folder, 'program.mjs'), path]);
    const { memory, reading, frames } = resultSchema.parse(JSON.parse(stdout));
    const { size } = await stat(path);
    const text = (list: readonly number[]): string => list.map((bytes) => (bytes / MIB).toFixed(0)).join(' ');
    console.log(`file ${(size / MIB).toFixed(0)} MiB, process ${text(memory)} MiB while it writes, ${text(reading)} MiB while it reads`);
    expect(size).toBeGreaterThan(60 * MIB);
    // Medians, for single readings jump by a sixth. Five eighths of the file lie between them.
    expect(median(memory.slice(-3)) - median(memory.slice(0, 3))).toBeLessThan(size / 3);
    expect(await readRecipeFile(path)).toEqual({ prompt: 'noise' });
    expect(await readdir(output)).toEqual(['clip.mp4']);
    // A whole clip decoded would be 500 MiB.
    expect(frames).toBe(FRAMES);
    expect(Math.max(...reading.slice(1)) - reading[0]).toBeLessThan(size / 3);
  } finally {
    await rm(output, { recursive: true, force: true });
  }
});
