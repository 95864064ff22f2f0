import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { loadedBytes } from './loaded-bytes.mjs';

it('counts what a module imports at once, each once, and nothing that is loaded when needed', async () => {
  const files = {
    'entry.js': 'import{a}from"./a.js";import "./b.js";const later=()=>import("./later.js");import r from"react";',
    'a.js': 'export{b as a}from"./b.js";',
    'b.js': 'export const b=1;',
    'later.js': 'x'.repeat(5000),
  };
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-bytes-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const expected = ['entry.js', 'a.js', 'b.js'].reduce((sum, name) => sum + gzipSync(files[name], { level: 9 }).length, 0);
    expect(await loadedBytes(folder, 'entry.js')).toBe(expected);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
