import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isShare, keepShared, shareAddress, takeShared } from './shared';
import { memoryCaches } from './testing';

const base = 'https://host.example/studio/';

describe('what another app shares', () => {
  it('is posted to one address, and taken once, files in their order', async () => {
    expect(isShare({ url: `${base}share`, method: 'POST' }, base)).toBe(true);
    expect(isShare({ url: `${base}share`, method: 'GET' }, base)).toBe(false);
    expect(isShare({ url: `${base}share/files`, method: 'POST' }, base)).toBe(false);
    const caches = memoryCaches();
    const form = new FormData();
    form.set('title', 'A kite');
    form.set('text', ' a red kite ');
    const names = ['é & ü.png', ...Array.from({ length: 11 }, (_, k) => `${k}.mp4`), 'kite.aiprod'];
    for (const name of names) form.append('files', new File([name], name, { type: name.endsWith('png') ? 'image/png' : '' }));
    await keepShared(form, base, caches);
    const shared = await takeShared(base, caches);
    expect(shared?.text).toBe(' a red kite ');
    expect(shared?.files.map(({ name }) => name)).toEqual(names);
    expect(shared?.files.map(({ type }) => type).slice(0, 2)).toEqual(['image/png', '']);
    expect(await shared?.files[0].text()).toBe(names[0]);
    expect(await takeShared(base, caches)).toBeUndefined();
  });

  it('is what the manifest offers, whose pictures are there in the size that it says', async () => {
    const root = join(import.meta.dirname, '..', '..', '..');
    const size = z.string().regex(/^\d+x\d+$/);
    const manifest = z
      .object({
        share_target: z.object({ action: z.string(), params: z.object({ files: z.tuple([z.object({ name: z.literal('files') })]) }) }),
        screenshots: z.array(z.object({ src: z.string(), sizes: size, form_factor: z.enum(['wide', 'narrow']) })).min(2),
      })
      .parse(JSON.parse(await readFile(join(root, 'public', 'manifest.webmanifest'), 'utf8')));
    expect(new URL(manifest.share_target.action, base).href).toBe(new URL(shareAddress, base).href);
    const shapes: Record<string, Set<number>> = { wide: new Set(), narrow: new Set() };
    for (const { src, sizes, form_factor } of manifest.screenshots) {
      const path = join(root, 'public', src);
      expect((await stat(path)).size).toBeLessThan(100_000);
      const { width, height } = await sharp(path).metadata();
      expect(`${width}x${height}`).toBe(sizes);
      shapes[form_factor].add(width / height);
    }
    // Browsers show only those of one shape.
    expect([shapes.wide.size, shapes.narrow.size]).toEqual([1, 1]);
  });
});
