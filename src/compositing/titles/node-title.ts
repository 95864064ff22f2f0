/** Titles in Node: fonts are read from the packages that were installed with this one. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { AiprodError } from '../../errors';
import { createTitleDrawer, type TitleDrawer } from './draw-title';
import type { ReadFont } from './font-library';

const { resolve } = createRequire(import.meta.url);

/** @throws AiprodError `missing-feature` when the package of the font is not there */
export const readInstalledFont: ReadFont = async (family, file) => {
  try {
    return await readFile(resolve(`@fontsource-variable/${family}/files/${file}`));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('missing-feature', 'a font of titles cannot be read', { found, hint: 'Run npm install again' }, { cause });
  }
};

export const nodeTitleDrawer = (): TitleDrawer => createTitleDrawer(readInstalledFont);
