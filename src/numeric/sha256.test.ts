import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from './sha256';

it('is the digest of the standard, of bytes and of text', async () => {
  // FIPS 180-4's own example.
  expect(await sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const expected = createHash('sha256').update(bytes).digest('hex');
      expect(await sha256(bytes)).toBe(expected);
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 1), 1);
      shared.set(bytes);
      expect(await sha256(shared)).toBe(expected);
    }),
  );
});
