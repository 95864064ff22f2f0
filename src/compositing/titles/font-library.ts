/** Fonts of titles as HarfBuzz holds them: slices that are read when a letter asks for them, once. */
import type * as harfBuzzModule from 'harfbuzzjs';
import { hanOf, type Title } from '../../project';
import { familiesOf, hanFamilies, mayHave, slicesOf, type Family, type Slice } from './families';
import { graphemesOf } from './line-breaks';

type HarfBuzz = typeof harfBuzzModule;
type Face = InstanceType<HarfBuzz['Face']>;
export type Font = InstanceType<HarfBuzz['Font']>;

/** Content of a file of a family's package, WOFF2. @throws AiprodError `network-failure`, `missing-feature` when it cannot be had */
export type ReadFont = (family: Family, file: string) => Promise<Uint8Array>;

/** A slice of a font at a weight. */
export interface SlicedFont {
  readonly family: Family;
  readonly font: Font;
  /** Units of an em. */
  readonly unitsPerEm: number;
}

/** A letter as a person counts it, in a text, and the font that has it; null where none has. */
export interface Letter {
  readonly start: number;
  readonly text: string;
  readonly font: SlicedFont | null;
}

export interface FontLibrary {
  readonly harfBuzz: HarfBuzz;
  /** Finds the fonts of all letters of a text without breaks in it. */
  lettersOf(text: string, title: Title): Promise<readonly Letter[]>;
}

interface LoadedFace {
  readonly face: Face;
  readonly codePoints: ReadonlySet<number>;
  /** By weight. */
  readonly fonts: Map<number, SlicedFont>;
}

/** Signs without a shape of their own: no font need have them. */
const shapeless = /[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu;

const ofEastAsia = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
/** Asks for the emoji of a sign that is also drawn as text (UTS #51). */
const emojiSelector = '\ufe0f';

/** Signs that Latin and East Asian fonts draw differently: beside ideographs they are as wide as those. */
const shared = /^[\u2018\u2019\u201c\u201d\u2026\u2014\u2015\u00b7]$/;

/** Whether an East Asian letter stands before a sign, or is the first behind it that is no such sign. */
function besideEastAsia(letters: readonly { readonly text: string }[], at: number): boolean {
  let next = at + 1;
  while (next < letters.length && shared.test(letters[next].text)) next++;
  return [at - 1, next].some((place) => ofEastAsia.test(letters[place]?.text ?? ''));
}

export async function openFontLibrary(read: ReadFont): Promise<FontLibrary> {
  const [harfBuzz, { default: decompress }] = await Promise.all([import('harfbuzzjs'), import('woff2-encoder/decompress')]);
  const faces = new Map<string, Promise<LoadedFace>>();

  const load = ({ family, file }: Slice): Promise<LoadedFace> => {
    const known = faces.get(file);
    if (known !== undefined) return known;
    const loading = (async () => {
      const face = new harfBuzz.Face(new harfBuzz.Blob(await decompress(await read(family, file))));
      return { face, codePoints: new Set(face.collectUnicodes()), fonts: new Map() };
    })();
    faces.set(file, loading);
    loading.catch(() => faces.delete(file));
    return loading;
  };

  const fontOf = async (slice: Slice, weight: number): Promise<SlicedFont> => {
    const { face, fonts } = await load(slice);
    const known = fonts.get(weight);
    if (known !== undefined) return known;
    const font = new harfBuzz.Font(face);
    font.setVariations([new harfBuzz.Variation('wght', weight)]);
    const made: SlicedFont = { family: slice.family, font, unitsPerEm: face.upem };
    fonts.set(weight, made);
    return made;
  };

  /** The slice that has every sign of a letter, as it is written or composed. */
  const sliceWith = async (text: string, families: readonly Family[]): Promise<Slice | null> => {
    const spellings = [...new Set([text, text.normalize('NFC')])].map((spelling) =>
      Array.from(spelling.replace(shapeless, ''), (sign) => sign.codePointAt(0) ?? 0),
    );
    for (const family of families) {
      for (const slice of await slicesOf(family)) {
        for (const codePoints of spellings) {
          if (!codePoints.every((codePoint) => mayHave(slice, codePoint))) continue;
          const { codePoints: had } = await load(slice);
          if (codePoints.every((codePoint) => had.has(codePoint))) return slice;
        }
      }
    }
    return null;
  };

  const found = new Map<string, Promise<Slice | null>>();

  return {
    harfBuzz,
    async lettersOf(text, title) {
      const whose = hanOf(title);
      const families = familiesOf(title.font, whose);
      const eastern = [hanFamilies[whose], ...families];
      const emojiFirst: readonly Family[] = ['noto-emoji', ...families];
      const clusters = graphemesOf(text);
      return Promise.all(
        clusters.map(async ({ start, text: letter }, at) => {
          const ofEast = shared.test(letter) && besideEastAsia(clusters, at);
          const order = letter.includes(emojiSelector) ? emojiFirst : ofEast ? eastern : families;
          const key = `${order.join()} ${letter}`;
          const slice = found.get(key) ?? sliceWith(letter, order);
          found.set(key, slice);
          slice.catch(() => found.delete(key));
          const chosen = await slice;
          return { start, text: letter, font: chosen === null ? null : await fontOf(chosen, title.weight) };
        }),
      );
    },
  };
}
