/** The recipe out of any file of ours, told apart by its first bytes. */
import { AiprodError } from '../errors';
import { readMp4Comments, readWebmComments } from './container-comment';
import { readGifComments } from './gif-blocks';
import { PNG_SIGNATURE, readPngText } from './png-text';
import { decodeRecipe, latin1Text } from './recipe';

/** Keyword of the PNG text chunk that holds the recipe. */
export const PNG_RECIPE_KEYWORD = 'aiprod-recipe';

/**
 * How a clip was made, as the JSON value that was given to the writer; its meaning is checked by whoever uses it.
 *
 * The bytes may come from anywhere: sizes and nesting are bounded, and nothing in the file is executed or unpacked.
 * @param file an MP4, WebM, GIF or one PNG frame.
 * @throws bad-input when the file is of no such kind, is damaged, or holds no recipe.
 */
export async function readRecipe(file: Uint8Array | Blob): Promise<unknown> {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
  for (const comment of readComments(bytes)) {
    const recipe = decodeRecipe(comment);
    if (recipe !== undefined) return recipe;
  }
  throw new AiprodError('bad-input', 'The file holds no recipe', {
    expected: 'a clip made by AIPROD Studio',
    found: 'none in its metadata',
    hint: 'Use the original file: editors and messengers drop metadata',
  });
}

function readComments(bytes: Uint8Array): string[] {
  const start = latin1Text(bytes.subarray(0, 12));
  if (PNG_SIGNATURE.every((byte, at) => bytes[at] === byte)) {
    const text = readPngText(bytes, PNG_RECIPE_KEYWORD);
    return text === undefined ? [] : [text];
  }
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return readGifComments(bytes);
  if (start.slice(4, 8) === 'ftyp') return readMp4Comments(bytes);
  if (start.startsWith('\x1aE\xdf\xa3')) return readWebmComments(bytes);
  throw new AiprodError('bad-input', 'Files of this kind hold no recipe', {
    expected: 'MP4, WebM, GIF or PNG',
    found: 'another beginning',
  });
}
