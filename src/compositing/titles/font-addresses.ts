/** Addresses of the fonts' files by their paths: a long list, read only where a title is drawn. */
import type { Family } from './families';

const addresses = import.meta.glob<string>(
  '../../../node_modules/@fontsource-variable/{geist,geist-mono,source-serif-4,noto-sans,noto-sans-arabic,noto-sans-hebrew,noto-sans-jp,noto-sans-sc}/files/*-wght-normal.woff2',
  { query: '?url', import: 'default', eager: true },
);

export const addressOf = (family: Family, file: string): string =>
  addresses[`../../../node_modules/@fontsource-variable/${family}/files/${file}`];
