import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Bytes, gzipped file by file, of a module in a folder of built ones and of all that it imports from there at once. */
export async function loadedBytes(folder, entry) {
  const seen = new Set();
  let bytes = 0;
  const visit = async (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    const code = await readFile(join(folder, name), 'utf8');
    bytes += gzipSync(code, { level: 9 }).length;
    for (const [, specifier] of code.matchAll(/\b(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) await visit(specifier);
  };
  await visit(entry);
  return bytes;
}
