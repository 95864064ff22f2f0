/**
 * Writes random tiny checkpoints of LTX-Video and LTX-2, LoRAs for the first and for Wan, and UMT5, in every layout that is read here:
 *
 *     node tools/layouts/write-layouts.mjs FOLDER [SEED] [NAME...]
 *
 * One folder a layout, with the weights and, for single components, config.json. Names are those of layouts.ts, originals.ts,
 * ltx2-layouts.ts, lora-layouts.ts, wan-lora-layouts.ts and umt5-layouts.ts (for the model of tools/tiny-wan), or beginnings of them; all are written where there are none.
 */
import { Buffer } from 'node:buffer';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withSources } from '../with-sources.mjs';

const [folder, seed = '1', ...wanted] = process.argv.slice(2);
if (folder === undefined || !/^\d+$/.test(seed)) {
  console.error('usage: node tools/layouts/write-layouts.mjs FOLDER [SEED] [NAME...]');
  process.exit(2);
}
await withSources(async (load) => {
  const { layouts } = await load('/tools/layouts/layouts.ts');
  const { randomCheckpoint } = await load('/tools/layouts/checkpoint.ts');
  const { originalLayouts, writeOriginal } = await load('/tools/layouts/originals.ts');
  const { loraLayouts } = await load('/tools/layouts/lora-layouts.ts');
  const { umt5Layouts } = await load('/tools/layouts/umt5-layouts.ts');
  const { wanLoraLayouts } = await load('/tools/layouts/wan-lora-layouts.ts');
  const { ltx2Layouts } = await load('/tools/layouts/ltx2-layouts.ts');
  const checkpoint = randomCheckpoint(Number(seed));
  const componentFiles = (layout) => {
    const component = checkpoint.get(layout.component);
    const files = layout.write(component, layout.encode(component));
    return files.set('config.json', Buffer.from(`${JSON.stringify(component.config, undefined, 2)}\n`));
  };
  const folders = [
    ...layouts.map((layout) => ({ name: layout.name, write: () => componentFiles(layout) })),
    ...originalLayouts.map((layout) => ({ name: layout.name, write: () => writeOriginal(layout, Number(seed)) })),
    ...ltx2Layouts.map((layout) => ({ name: layout.name, write: () => layout.write(Number(seed)) })),
    ...[...loraLayouts, ...wanLoraLayouts, ...umt5Layouts].map((layout) => ({
      name: layout.name,
      write: () => layout.write(Number(seed)),
    })),
  ];
  for (const { name, write } of folders) {
    if (wanted.length > 0 && !wanted.some((start) => name.startsWith(start))) continue;
    const files = write();
    let bytes = 0;
    for (const [path, content] of files) {
      const target = join(folder, name, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      bytes += content.byteLength;
    }
    console.info(`${name}  ${bytes} bytes in ${files.size} files`);
  }
});
