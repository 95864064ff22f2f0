/** The blocks of a GIF (GIF89a specification, CompuServe 1990) that the encoder and the recipe reader need. */
import { AiprodError } from '../errors';
import { asciiBytes, latin1Text, MAX_RECIPE_BYTES } from './recipe';

const EXTENSION = 0x21;
const COMMENT_LABEL = 0xfe;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
/** Signature and logical screen descriptor (sections 17 and 18). */
const HEADER_BYTES = 13;

/** Bytes of the colour table that the packed fields of a screen or an image announce. */
export const colorTableBytes = (packedFields: number): number => (packedFields & 0x80 ? 3 * 2 ** ((packedFields & 7) + 1) : 0);

/** Where the global colour table ends, the first place for a comment. */
export const gifHeaderLength = (gif: Uint8Array): number => HEADER_BYTES + colorTableBytes(gif[10] ?? 0);

/** A comment extension (section 24): sub-blocks of at most 255 bytes, ended by an empty one. */
export function gifComment(text: string): Uint8Array<ArrayBuffer> {
  const bytes = asciiBytes(text);
  const block = new Uint8Array(3 + bytes.length + Math.ceil(bytes.length / 255));
  block.set([EXTENSION, COMMENT_LABEL]);
  for (let from = 0, to = 2; from < bytes.length; from += 255) {
    const part = bytes.subarray(from, from + 255);
    block[to] = part.length;
    block.set(part, to + 1);
    to += 1 + part.length;
  }
  return block;
}

/**
 * All comments of a GIF, in order. Every step moves forward, so a hostile file costs at most one walk over its bytes.
 * @throws bad-input when a block reaches past the end or is of no known kind.
 */
export function readGifComments(gif: Uint8Array): string[] {
  const comments: string[] = [];
  let at = gifHeaderLength(gif);
  const byte = (): number => {
    const value = gif[at];
    if (value === undefined) throw new AiprodError('bad-input', 'The GIF is cut short', { found: `${gif.length} bytes` });
    at += 1;
    return value;
  };
  const subBlocks = (keep: boolean): string => {
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let length = byte(); length !== 0; length = byte()) {
      if (at + length > gif.length) throw new AiprodError('bad-input', 'The GIF is cut short', { found: `${gif.length} bytes` });
      total += length;
      if (keep && total > MAX_RECIPE_BYTES)
        throw new AiprodError('bad-input', 'A comment in the GIF is too long', { expected: `at most ${MAX_RECIPE_BYTES} bytes` });
      if (keep) parts.push(gif.subarray(at, at + length));
      at += length;
    }
    return parts.map(latin1Text).join('');
  };
  for (let kind = byte(); kind !== TRAILER; kind = byte()) {
    if (kind === EXTENSION) {
      const isComment = byte() === COMMENT_LABEL;
      const text = subBlocks(isComment);
      if (isComment) comments.push(text);
    } else if (kind === IMAGE) {
      // Place and size; then the fields that say how large a local colour table is; then the code size of LZW.
      at += 8;
      const packedFields = byte();
      at += colorTableBytes(packedFields);
      byte();
      subBlocks(false);
    } else {
      throw new AiprodError('bad-input', 'The GIF is damaged', {
        expected: 'an image, an extension or the end',
        found: `a block of kind ${kind} at byte ${at - 1}`,
      });
    }
  }
  return comments;
}
