/** Headers of EBML elements (RFC 8794, sections 4 to 6). */

/** Longest identifier and longest size. */
export const HEADER_BYTES = 12;

export interface ElementHeader {
  /** With the bit that marks its length. */
  readonly id: number;
  /** Where the header begins, and where its content does. */
  readonly start: number;
  readonly content: number;
  /** Undefined where the size is unknown: as long as its parent, or until the next element of its level. */
  readonly end: number | undefined;
}

/**
 * @param bytes the header, and what follows it if one likes
 * @param start where they lie in the file
 * @returns undefined for what is no header, or one cut short
 */
export function parseElementHeader(bytes: Uint8Array, start: number): ElementHeader | undefined {
  const idLength = Math.clz32(bytes[0]) - 23;
  if (idLength > 4 || idLength >= bytes.length) return undefined;
  const sizeLength = Math.clz32(bytes[idLength]) - 23;
  if (sizeLength > 8 || idLength + sizeLength > bytes.length) return undefined;
  const id = bytes.subarray(0, idLength).reduce((value, byte) => value * 256 + byte, 0);
  const mask = 0xff >> sizeLength;
  const rest = bytes.subarray(idLength + 1, idLength + sizeLength);
  const first = bytes[idLength] & mask;
  const content = start + idLength + sizeLength;
  const unknown = first === mask && rest.every((byte) => byte === 0xff);
  return { id, start, content, end: unknown ? undefined : content + rest.reduce((value, byte) => value * 256 + byte, first) };
}
