/** Text chunks of PNG (W3C PNG, third edition, sections 5.3 and 11.3.3.3): written after IHDR, read without decoding pixels. */
import { AiprodError } from '../errors';
import { crc32 } from '../numeric/crc32';
import { asciiBytes, latin1Text, MAX_RECIPE_BYTES } from './recipe';

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Signature, then IHDR: 4 bytes of length, 4 of type, 13 of data, 4 of checksum. */
const END_OF_IHDR = 8 + 25;

/** The PNG with a tEXt chunk `keyword` = `text` (both ASCII) put after its header. */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  const body = asciiBytes(`tEXt${keyword}\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  const tagged = new Uint8Array(png.length + chunk.length);
  tagged.set(png.subarray(0, END_OF_IHDR));
  tagged.set(chunk, END_OF_IHDR);
  tagged.set(png.subarray(END_OF_IHDR), END_OF_IHDR + chunk.length);
  return tagged;
}

/**
 * The text of the first tEXt chunk with that keyword, or undefined.
 * @throws bad-input when a chunk reaches past the end of the file or its checksum is wrong.
 */
export function readPngText(png: Uint8Array, keyword: string): string | undefined {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const prefix = `tEXt${keyword}\0`;
  for (let at = PNG_SIGNATURE.length; at + 12 <= png.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > png.length) {
      throw new AiprodError('bad-input', 'The PNG is cut short or damaged', {
        found: `a chunk of ${length} bytes with ${png.length - at - 12} left`,
      });
    }
    if (latin1Text(png.subarray(at + 4, at + 4 + Math.min(prefix.length, length + 4))) === prefix) {
      const body = png.subarray(at + 4, end - 4);
      if (length > MAX_RECIPE_BYTES + prefix.length)
        throw new AiprodError('bad-input', 'The text in the PNG is too long', { found: `${length} bytes` });
      if (crc32(body) !== view.getUint32(end - 4))
        throw new AiprodError('bad-input', 'The text in the PNG is damaged', { found: 'a wrong checksum' });
      return latin1Text(body.subarray(prefix.length));
    }
    at = end;
  }
  return undefined;
}
