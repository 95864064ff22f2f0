/** Arrays one behind the other. */
export function joinedFloats(parts: readonly ArrayLike<number>[]): Float32Array<ArrayBuffer> {
  return join(parts, new Float32Array(lengthOf(parts)));
}

/** Bytes one behind the other. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(parts, new Uint8Array(lengthOf(parts)));
}

const lengthOf = (parts: readonly ArrayLike<number>[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function join<Whole extends { set(part: ArrayLike<number>, at: number): void }>(parts: readonly ArrayLike<number>[], whole: Whole): Whole {
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
