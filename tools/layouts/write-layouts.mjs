/**
 * Writes a random tiny LTX-Video checkpoint in every layout that is read here:
 *
 *     node tools/layouts/write-layouts.mjs FOLDER [SEED] [NAME...]
 *
 * One folder a layout, with the weights and config.json. Names are those of `layouts` in layouts.ts, or beginnings of them; all
 * are written where there are none.
 */
import { Buffer } from 'node:buffer';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const [folder, seed = '1', ...wanted] = process.argv.slice(2);
if (folder === undefined || !/^\d+$/.test(seed)) {
  console.error('usage: node tools/layouts/write-layouts.mjs FOLDER [SEED] [NAME...]');
  process.exit(2);
}
// Through Vite, which resolves modules and shaders as everywhere else.
const server = await createServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { layouts } = await server.ssrLoadModule('/tools/layouts/layouts.ts');
  const { randomCheckpoint } = await server.ssrLoadModule('/tools/layouts/checkpoint.ts');
  const checkpoint = randomCheckpoint(Number(seed));
  for (const layout of layouts) {
    if (wanted.length > 0 && !wanted.some((name) => layout.name.startsWith(name))) continue;
    const component = checkpoint.get(layout.component);
    const files = layout.write(component, layout.encode(component));
    files.set('config.json', Buffer.from(`${JSON.stringify(component.config, undefined, 2)}\n`));
    let bytes = 0;
    for (const [path, content] of files) {
      const target = join(folder, layout.name, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      bytes += content.byteLength;
    }
    console.info(`${layout.name}  ${bytes} bytes in ${files.size} files`);
  }
} finally {
  await server.close();
}
