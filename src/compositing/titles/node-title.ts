/** Titles in Node: fonts are read from the packages that came with this one. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { ReadFont } from './font-library';
import { createTitleDrawer, type TitleDrawer } from './draw-title';

const { resolve } = createRequire(import.meta.url);

export const readInstalledFont: ReadFont = (family, file) => readFile(resolve(`@fontsource-variable/${family}/files/${file}`));

export const nodeTitleDrawer = (): TitleDrawer => createTitleDrawer(readInstalledFont);
