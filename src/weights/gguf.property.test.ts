import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { memorySource } from './byte-source';
import { openGguf } from './gguf';
import { blockOf, TENSOR_TYPES } from './gguf-format';
import { writeGguf, type GgufTensorToWrite, type GgufValueToWrite } from './gguf-writer';
import { parametersOf } from './parameters';
import { goldenPath, watchedSource } from './testing';
import { mutate, mutations } from './testing-mutations';
import { singleFileSet } from './weight-set';

const tensor = fc
  .record({
    dtype: fc.constantFrom(...TENSOR_TYPES.values()),
    shape: fc.array(fc.nat(3), { maxLength: 5 }),
    blocks: fc.nat(2),
    seed: fc.nat(255),
  })
  .map(({ dtype, shape, blocks, seed }): GgufTensorToWrite => {
    const block = blockOf(dtype);
    const rows = shape.slice(0, 4);
    // Plain types of any shape, blocks along the innermost axis; now and then the blocks run through all axes.
    const whole = block.elements === 1 ? shape : seed % 5 === 0 ? [block.elements / 4, 4] : [...rows, blocks * block.elements];
    const count = whole.reduce((product, length) => product * length, 1);
    const bytes = Uint8Array.from({ length: (count / block.elements) * block.bytes }, (_, k) => (k * 31 + seed) & 255);
    return { dtype, shape: whole, bytes };
  });
const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => !/\p{Surrogate}/u.test(value));
const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}(\.[a-z0-9_]{1,8}){0,4}$/),
  text.filter((value) => value.length > 0 && !/\p{Cc}/u.test(value)),
);
const tensors = fc.dictionary(name, tensor, { maxKeys: 4, noNullPrototype: true }).map((record) => new Map(Object.entries(record)));
const value: fc.Arbitrary<GgufValueToWrite> = fc.oneof(
  fc.record({ type: fc.constant('u32' as const), value: fc.nat() }),
  fc.record({ type: fc.constant('i8' as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant('f64' as const), value: fc.double({ noNaN: true }) }),
  fc.record({ type: fc.constant('i64' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('string' as const), value: text }),
  fc.record({ type: fc.constant('array' as const), of: fc.constant('string' as const), values: fc.array(text, { maxLength: 4 }) }),
  fc.record({ type: fc.constant('array' as const), of: fc.constant('i32' as const), values: fc.array(fc.integer(), { maxLength: 4 }) }),
);
const values = fc
  .dictionary(
    fc.stringMatching(/^[a-z_]{1,10}$/).filter((key) => key !== '__proto__'),
    value,
    { maxKeys: 4, noNullPrototype: true },
  )
  .map((record) => new Map(Object.entries(record)));

/** Opens and decodes everything; whether all went well, false when it was refused as it should be. */
async function readAll(bytes: Uint8Array): Promise<boolean> {
  const source = watchedSource(bytes);
  try {
    const file = await openGguf(source);
    expect(source.asked.bytes).toBeLessThanOrEqual(bytes.length);
    const set = singleFileSet(file);
    const parameters = parametersOf(set);
    for (const known of parameters.names()) {
      const elements = parameters.shape(known).reduce((product, length) => product * length, 1);
      const { encoding } = (await parameters.stored(known)) ?? {};
      expect(encoding).toBe(parameters.encoding(known)?.encoding);
      const loaded = await parameters.load(known).catch((error: unknown) => {
        // Random bytes are NaN now and then.
        if (error instanceof AiprodError && error.code === 'not-finite') return undefined;
        throw error;
      });
      if (loaded !== undefined) expect(loaded).toHaveLength(elements);
    }
    return true;
  } catch (error) {
    if (!(error instanceof AiprodError)) throw error;
    expect(error.code).toBe('bad-weights');
    expect(error.message.length).toBeLessThan(2000);
    return false;
  } finally {
    // Every byte of the header once, every tensor at most once for each of the two readers above.
    expect(source.asked.bytes).toBeLessThanOrEqual(3 * bytes.length);
    expect(source.asked.largest).toBeLessThanOrEqual(bytes.length);
  }
}

describe('GGUF', { timeout: 120_000 }, () => {
  it('gives back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, values, async (written, notes) => {
        const file = await openGguf(memorySource(writeGguf(written, { architecture: 'test', values: notes })));
        expect([...file.tensors.keys()]).toEqual([...written.keys()]);
        for (const [known, { dtype, shape, bytes }] of written) {
          expect((file.tensors.get(known)?.byteOffset ?? 1) % 32).toBe(0);
          expect(await file.readTensor(known)).toEqual({ dtype, shape, bytes });
        }
        for (const [key, note] of notes) {
          const expected = note.type === 'array' ? [...note.values] : note.type === 'i64' ? Number(note.value) : note.value;
          const found = file.values.get(key);
          expect(typeof found === 'bigint' ? Number(found) : found).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('survives 6,000 files with flipped bits, cut ends and spliced parts', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(tensors, values, mutations, async (written, notes, changes) => {
        if (!(await readAll(mutate(writeGguf(written, { architecture: 'test', values: notes }), changes)))) refused++;
      }),
      { numRuns: 6000 },
    );
    // The mutations bite: many of these files are broken. Not most, since flipped bits of data make other data.
    expect(refused).toBeGreaterThan(2000);
  });

  it('survives 3,000 changes to the header of the file of the reference', async () => {
    const whole = new Uint8Array(await readFile(goldenPath('quant_gguf/tiny.gguf')));
    const file = await openGguf(memorySource(whole));
    const dataStart = Math.min(...[...file.tensors.values()].map(({ byteOffset }) => byteOffset));
    let refused = 0;
    const word = fc.oneof(
      fc.nat(40).map(BigInt),
      fc.constantFrom(2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(dataStart - 8), word, fc.constantFrom(1, 4, 8), async (at, bits, width) => {
        const changed = whole.slice();
        const view = new DataView(changed.buffer);
        if (width === 1) view.setUint8(at, Number(bits & 255n));
        else if (width === 4) view.setUint32(at, Number(bits & 0xffffffffn), true);
        else view.setBigUint64(at, bits, true);
        if (!(await readAll(changed))) refused++;
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('survives 2,000 files of random bytes behind a good beginning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(3), fc.nat(3), async (noise, tensorCount, valueCount) => {
        const bytes = new Uint8Array(24 + noise.length);
        const view = new DataView(bytes.buffer);
        view.setUint32(0, 0x46554747, true);
        view.setUint32(4, 3, true);
        view.setBigUint64(8, BigInt(tensorCount), true);
        view.setBigUint64(16, BigInt(valueCount), true);
        bytes.set(noise, 24);
        await readAll(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes 10,000 tensors', async () => {
    const many = new Map(
      Array.from({ length: 10_000 }, (_, k) => [`blk.${k}.weight`, { dtype: 'I8', shape: [1], bytes: Uint8Array.of(k & 255) } as const]),
    );
    const file = await openGguf(memorySource(writeGguf(many, { architecture: 'test' })));
    expect(file.tensors.size).toBe(10_000);
  });
});
