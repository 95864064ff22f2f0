import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { families, mayHave, slicesOf } from './families';
import { addressCount, addressOf } from './font-addresses';

describe('the fonts of titles', () => {
  it('come along in exactly the slices that letters are looked for in', async () => {
    const slices = (await Promise.all(families.map(slicesOf))).flat();
    for (const { family, file } of slices) {
      expect(addressOf(family, file), file).toContain(file.replace('.woff2', ''));
      expect(existsSync(join('node_modules', '@fontsource-variable', family, 'files', file)), file).toBe(true);
    }
    expect(slices).toHaveLength(addressCount);
  });

  it('have every syllable of hangul in one slice', async () => {
    const slices = await slicesOf('noto-sans-kr');
    for (let syllable = 0xac00; syllable <= 0xd7a3; syllable++) expect(slices.filter((slice) => mayHave(slice, syllable))).toHaveLength(1);
  });
});
