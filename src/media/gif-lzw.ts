/** LZW as GIF uses it (GIF89a specification, appendix F): codes of growing width, the lowest bit first. */

/** A code has at most 12 bits; past that the table is full and stays as it is until a clear code. */
const MAX_CODES = 4096;

/**
 * Unpacks colour indices.
 * @param data the image's sub-blocks, joined
 * @param minimumCodeSize bits of a colour index, 1 to 8
 * @param length indices wanted; what the data holds beyond is not read
 * @returns the indices that the data holds: fewer than `length` when it ends early or is damaged.
 */
export function unpackLzw(data: Uint8Array, minimumCodeSize: number, length: number): Uint8Array {
  const clear = 1 << minimumCodeSize;
  const end = clear + 1;
  const prefix = new Uint16Array(MAX_CODES);
  const suffix = new Uint8Array(MAX_CODES);
  for (let code = 0; code < clear; code++) suffix[code] = code;
  const stack = new Uint8Array(MAX_CODES + 1);
  const indices = new Uint8Array(length);
  let written = 0;
  let size = minimumCodeSize + 1;
  let next = end + 1;
  let previous = -1;
  let first = 0;
  let bits = 0;
  let held = 0;
  let at = 0;
  while (written < length) {
    while (held < size) {
      if (at >= data.length) return indices.subarray(0, written);
      bits |= data[at++] << held;
      held += 8;
    }
    let code = bits & ((1 << size) - 1);
    bits >>>= size;
    held -= size;
    if (code === clear) {
      size = minimumCodeSize + 1;
      next = end + 1;
      previous = -1;
      continue;
    }
    // A code that no entry has yet can only be the next one, whose string ends as it begins.
    if (code === end || code > next || (code === next && previous < 0)) return indices.subarray(0, written);
    const current = code;
    let depth = 0;
    if (code === next) {
      stack[depth++] = first;
      code = previous;
    }
    while (code > end) {
      stack[depth++] = suffix[code];
      code = prefix[code];
    }
    // The first code after a clear is a colour.
    first = suffix[code];
    stack[depth++] = first;
    if (previous >= 0 && next < MAX_CODES) {
      prefix[next] = previous;
      suffix[next] = first;
      next += 1;
      if (next === 1 << size && size < 12) size += 1;
    }
    previous = current;
    while (depth > 0 && written < length) indices[written++] = stack[--depth];
  }
  return indices;
}
