/** Addresses of the fonts' files by their paths: a long list, read only where a title is drawn. */
import type { Family } from './families';

const addresses = import.meta.glob<string>(
  [
    '../../../node_modules/@fontsource-variable/{geist,geist-mono,source-serif-4,noto-sans,noto-sans-arabic,noto-sans-hebrew,noto-sans-jp,noto-sans-kr,noto-sans-sc,noto-emoji}/files/*-wght-normal.woff2',
    // Without hangul: see slicesOf.
    '!../../../node_modules/@fontsource-variable/noto-sans-kr/files/noto-sans-kr-{0,1,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,96,97,98,99,cyrillic,vietnamese,latin,latin-ext}-wght-normal.woff2',
  ],
  { query: '?url', import: 'default', eager: true },
);

export const addressOf = (family: Family, file: string): string =>
  addresses[`../../../node_modules/@fontsource-variable/${family}/files/${file}`];

/** How many files there are. */
export const addressCount = Object.keys(addresses).length;
