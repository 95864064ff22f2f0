import fc from 'fast-check';

const place = fc.double({ min: 0, max: 1, noNaN: true });

/** A change to a file's bytes. Places are shares of its length, so that they fit files of any length. Tests only. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 16 }) }),
  fc.record({ kind: fc.constant('splice' as const), from: place, to: place }),
  fc.record({ kind: fc.constant('length' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

/** One to four changes: flipped bits, cut ends, inserted and spliced parts, another number in the first eight bytes. */
export const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

/** The file with the changes made, one after the other. */
export function mutate(file: Uint8Array<ArrayBuffer>, changes: readonly Mutation[]): Uint8Array<ArrayBuffer> {
  let bytes = file.slice();
  for (const change of changes) {
    const index = (share: number): number => Math.min(bytes.length - 1, Math.floor(share * bytes.length));
    if (bytes.length < 8) break;
    switch (change.kind) {
      case 'flip':
        bytes[index(change.at)] ^= 1 << change.bit;
        break;
      case 'cut':
        bytes = bytes.slice(0, index(change.at));
        break;
      case 'insert':
        bytes = Uint8Array.of(...bytes.subarray(0, index(change.at)), ...change.bytes, ...bytes.subarray(index(change.at)));
        break;
      case 'splice':
        bytes = Uint8Array.of(...bytes.subarray(0, index(change.from)), ...bytes.subarray(index(change.to)));
        break;
      case 'length':
        new DataView(bytes.buffer).setBigUint64(0, change.value, true);
    }
  }
  return bytes;
}
