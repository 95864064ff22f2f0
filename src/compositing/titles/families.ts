/**
 * The fonts of titles, from the packages of Fontsource (SIL Open Font License 1.1): each family in slices by letters, so that a title loads only
 * what it shows. All are variable in weight and have TrueType outlines, which fill by the same rule.
 */
import type { Title } from '../../project';

export const families = [
  'geist',
  'geist-mono',
  'source-serif-4',
  'noto-sans',
  'noto-sans-arabic',
  'noto-sans-hebrew',
  'noto-sans-jp',
  'noto-sans-kr',
  'noto-sans-sc',
  'noto-emoji',
] as const;
export type Family = (typeof families)[number];

/** Whose shapes Chinese characters have. */
export type Han = NonNullable<Title['han']>;

export const hanFamilies: Readonly<Record<Han, Family>> = { ja: 'noto-sans-jp', zh: 'noto-sans-sc' };

const own: Readonly<Record<Title['font'], Family>> = { sans: 'geist', mono: 'geist-mono', serif: 'source-serif-4' };

/** Families in the order in which they are asked for a letter. */
export function familiesOf(font: Title['font'], han: Han): readonly Family[] {
  const other = han === 'ja' ? 'zh' : 'ja';
  const eastern = [hanFamilies[han], hanFamilies[other], 'noto-sans-kr'] as const;
  return [own[font], 'noto-sans', ...eastern, 'noto-sans-arabic', 'noto-sans-hebrew', 'noto-emoji'];
}

/** Height of capitals in an em, as the OS/2 table of the first family says. */
export const capitals: Readonly<Record<Title['font'], number>> = { sans: 0.71, mono: 0.71, serif: 0.67 };

const ranges = import.meta.glob<Readonly<Record<string, string>>>(
  '../../../node_modules/@fontsource-variable/{geist,geist-mono,source-serif-4,noto-sans,noto-sans-arabic,noto-sans-hebrew,noto-sans-jp,noto-sans-kr,noto-sans-sc,noto-emoji}/unicode.json',
  { import: 'default' },
);

/** A slice of a family: a file, and the letters that may be in it. */
export interface Slice {
  readonly family: Family;
  /** Name of the file in the family's package. */
  readonly file: string;
  /** Code points, first and last of each range. */
  readonly ranges: readonly (readonly [number, number])[];
}

const known = new Map<Family, Promise<readonly Slice[]>>();

/** Slices of a family, those with the letters that most texts have first. */
export function slicesOf(family: Family): Promise<readonly Slice[]> {
  const loaded = known.get(family);
  if (loaded !== undefined) return loaded;
  const loading = readSlices(family);
  known.set(family, loading);
  loading.catch(() => known.delete(family));
  return loading;
}

/** Jamo, their compatible forms and syllables. What else the Korean family has, others have too: its slices without them do not come along. */
const hangul = [
  [0x1100, 0x11ff],
  [0x3130, 0x318f],
  [0xac00, 0xd7ff],
] as const;
const meetsHangul = ([first, last]: readonly [number, number]): boolean => hangul.some(([from, to]) => first <= to && last >= from);

async function readSlices(family: Family): Promise<readonly Slice[]> {
  const named = await ranges[`../../../node_modules/@fontsource-variable/${family}/unicode.json`]();
  const slices = Object.entries(named).map(([name, text]) => ({
    family,
    // Numbered slices stand in brackets.
    file: `${family}-${name.replace(/^\[|\]$/g, '')}-wght-normal.woff2`,
    ranges: text.split(',').map((range) => {
      const [first, last = first] = range.replace(/^U\+/, '').split('-');
      return [parseInt(first, 16), parseInt(last, 16)] as const;
    }),
  }));
  // The lists begin with the rarest letters.
  return slices.filter(({ ranges: own }) => family !== 'noto-sans-kr' || own.some(meetsHangul)).reverse();
}

/** Whether a slice may have a letter; its font says whether it does. */
export const mayHave = ({ ranges: all }: Slice, codePoint: number): boolean =>
  all.some(([first, last]) => codePoint >= first && codePoint <= last);
