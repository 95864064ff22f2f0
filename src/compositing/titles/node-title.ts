import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PictureSize, Title } from '../../project';
import type { LayerPicture } from '../composition';
import { fontFiles } from './font-files';
import { titleSvg } from './svg-title';

export interface TitleDrawer {
  /** A title as it is drawn over a frame. @param size pixels of the output */
  draw(title: Title, size: PictureSize): Promise<LayerPicture>;
  /** Removes the fonts that were laid out for it. */
  close(): Promise<void>;
}

/** Where a system keeps fonts and what it says of them: for letters that the fonts of titles lack. */
const systemFonts = '/etc/fonts/fonts.conf';

/**
 * Draws titles with the fonts of titles, on any machine. Text goes through sharp's librsvg, whose fontconfig reads its configuration once in a
 * process: nothing in this process may have drawn text before.
 */
export async function openTitleDrawer(): Promise<TitleDrawer> {
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-titles-'));
  await mkdir(join(folder, 'fonts'));
  await Promise.all(
    Object.entries(fontFiles).map(([name, url]) =>
      writeFile(join(folder, 'fonts', `${name}.ttf`), Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')),
    ),
  );
  const configuration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'cache')}</cachedir>
  <include ignore_missing="yes">${systemFonts}</include>
</fontconfig>
`;
  const file = join(folder, 'fonts.conf');
  await writeFile(file, configuration);
  const before = process.env.FONTCONFIG_FILE;
  process.env.FONTCONFIG_FILE = file;
  return {
    async draw(title, size) {
      const { data, info } = await sharp(Buffer.from(titleSvg(title, size)))
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { kind: 'bytes', width: info.width, height: info.height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.length) };
    },
    async close() {
      if (before === undefined) delete process.env.FONTCONFIG_FILE;
      else process.env.FONTCONFIG_FILE = before;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
