import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { memorySource } from './byte-source';
import { DTYPE_BYTES, type StoredDtype } from './dtypes';
import { openSafetensors } from './safetensors';
import { safetensorsChunks, writeSafetensors, type TensorToWrite } from './safetensors-writer';
import { rawSafetensors, watchedSource } from './testing';
import { mutate, mutations } from './testing-mutations';
import { toFloat32 } from './tensor-data';

const dtypeNames = Object.keys(DTYPE_BYTES).filter((name): name is StoredDtype => Object.hasOwn(DTYPE_BYTES, name));
const tensor = fc
  .record({ dtype: fc.constantFrom(...dtypeNames), shape: fc.array(fc.nat(3), { maxLength: 3 }), seed: fc.nat(255) })
  .map(({ dtype, shape, seed }): TensorToWrite => {
    const length = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
    return { dtype, shape, bytes: Uint8Array.from({ length }, (_, k) => (k * 31 + seed) & 255) };
  });
const tensorName = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}(\.[a-z0-9_]{1,8}){0,4}$/),
  fc
    .array(fc.integer({ min: 0x20, max: 0x10ffff }), { minLength: 1, maxLength: 8 })
    .map((codes) => String.fromCodePoint(...codes))
    .filter((name) => !/[\p{Cc}\p{Surrogate}]/u.test(name)),
);
const tensors = fc
  .dictionary(tensorName, tensor, { maxKeys: 4, noNullPrototype: true })
  .map(
    (record) =>
      new Map(Object.entries(record).filter(([name]) => !['__proto__', 'constructor', 'prototype', '__metadata__'].includes(name))),
  );
const metadata = fc.dictionary(
  fc.stringMatching(/^[a-z_]{1,10}$/).filter((key) => key !== 'constructor' && key !== 'prototype' && key !== '__proto__'),
  fc.string(),
  { maxKeys: 4, noNullPrototype: true },
);

/** Opens and reads everything; the bytes read if all went well, undefined when refused as it should. */
async function readAll(bytes: Uint8Array): Promise<number | undefined> {
  const source = watchedSource(bytes);
  try {
    const file = await openSafetensors(source);
    expect(source.asked.bytes).toBeLessThanOrEqual(bytes.length);
    for (const name of file.tensors.keys()) {
      const data = await file.readTensor(name);
      if (!data.dtype.startsWith('F8')) toFloat32(data);
    }
    // All tensors and the header together are the file and no more.
    expect(source.asked.bytes).toBe(bytes.length);
    return source.asked.bytes;
  } catch (error) {
    if (!(error instanceof AiprodError)) throw error;
    expect(error.code).toBe('bad-weights');
    expect(error.message.length).toBeLessThan(2000);
    expect(source.asked.bytes).toBeLessThanOrEqual(bytes.length);
    return undefined;
  }
}

describe('safetensors', { timeout: 120_000 }, () => {
  it('gives back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (written, notes) => {
        const bytes = writeSafetensors(written, notes);
        const file = await openSafetensors(memorySource(bytes));
        expect(Object.fromEntries(file.metadata)).toEqual({ ...notes });
        expect([...file.tensors.keys()].sort()).toEqual([...written.keys()].sort());
        for (const [name, { dtype, shape, bytes: data }] of written) {
          const entry = file.tensors.get(name);
          expect(entry === undefined || entry.byteOffset % DTYPE_BYTES[dtype]).toBe(0);
          expect(await file.readTensor(name)).toEqual({ dtype, shape, bytes: data });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('writes the same bytes whatever the order of the tensors', () => {
    fc.assert(
      fc.property(tensors, metadata, (written, notes) => {
        const reversed = new Map([...written].reverse());
        const reversedNotes = Object.fromEntries(Object.entries(notes).reverse());
        expect(writeSafetensors(reversed, reversedNotes)).toEqual(writeSafetensors(written, notes));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses to write bytes that do not fit the shape', () => {
    const wrong = new Map([['a', { dtype: 'F32', shape: [2], bytes: new Uint8Array(4) } as const]]);
    expect(() => [...safetensorsChunks(wrong)]).toThrow(/8 bytes for \[2\] of F32/);
  });

  it('survives 6,000 files with flipped bits, cut ends and spliced parts', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(tensors, mutations, async (written, changes) => {
        if ((await readAll(mutate(writeSafetensors(written), changes))) === undefined) refused++;
      }),
      { numRuns: 6000 },
    );
    // The mutations bite: most of these files are broken.
    expect(refused).toBeGreaterThan(3000);
  });

  it('survives 4,000 headers that lie about sizes, types and places', async () => {
    const number = fc.oneof(
      fc.nat(64),
      fc.integer(),
      fc.double(),
      fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, 2 ** 63, 1e308),
    );
    const lie = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom<unknown>(...dtypeNames), fc.constantFrom<unknown>('F31', '', null, 3, [], 'toString')),
        shape: fc.oneof(fc.array(number, { maxLength: 5 }), fc.constantFrom<unknown>(null, 'x', {})),
        data_offsets: fc.oneof(fc.tuple(number, number), fc.constantFrom<unknown>(null, [0], [0, 1, 2], { begin: 0 })),
      },
      { requiredKeys: [] },
    );
    const header = fc.dictionary(
      fc.oneof(tensorName, fc.constantFrom('__metadata__', '__proto__')),
      fc.oneof({ arbitrary: lie, weight: 4 }, fc.jsonValue({ maxDepth: 2 })),
      { maxKeys: 3 },
    );
    await fc.assert(
      fc.asyncProperty(header, fc.nat(256), async (json, dataLength) => {
        await readAll(rawSafetensors(json, dataLength));
      }),
      { numRuns: 4000 },
    );
  });

  it('survives 2,000 files of random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (noise, withLength) => {
        const bytes = withLength && noise.length > 10 ? rawSafetensors(`{${new TextDecoder().decode(noise)}`, 16) : noise;
        await readAll(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes a header of 10,000 tensors', async () => {
    const many = new Map(
      Array.from({ length: 10_000 }, (_, k) => [`block.${k}.weight`, { dtype: 'U8', shape: [1], bytes: Uint8Array.of(k & 255) } as const]),
    );
    const bytes = writeSafetensors(many);
    const file = await openSafetensors(memorySource(bytes));
    expect(file.tensors.size).toBe(10_000);
  });
});
