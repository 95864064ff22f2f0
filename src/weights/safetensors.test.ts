import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from './byte-source';
import { openSafetensors } from './safetensors';
import { goldenSource, rawSafetensors, refusalOf, watchedSource } from './testing';
import { assertFinite, toFloat32 } from './tensor-data';

const good = { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, b: { dtype: 'U8', shape: [3], data_offsets: [8, 11] } };

async function refusal(bytes: Uint8Array | ByteSource): Promise<string> {
  const source = bytes instanceof Uint8Array ? watchedSource(bytes) : bytes;
  const error = await refusalOf(openSafetensors(source));
  expect(error.code).toBe('bad-weights');
  return error.message;
}

describe('openSafetensors', () => {
  it('reads tensors, an empty one and a scalar among them, and metadata', async () => {
    const header = {
      __metadata__: { format: 'pt' },
      late: { dtype: 'F32', shape: [], data_offsets: [2, 6] },
      none: { dtype: 'F64', shape: [0, 4], data_offsets: [2, 2] },
      early: { dtype: 'I16', shape: [1], data_offsets: [0, 2] },
    };
    const file = await openSafetensors(memorySource(rawSafetensors(header, 6)));
    expect(file.metadata.get('format')).toBe('pt');
    expect([...file.tensors.keys()]).toEqual(['late', 'none', 'early']);
    expect(toFloat32(await file.readTensor('late'))).toEqual(new Float32Array(1));
    expect(toFloat32(await file.readTensor('none'))).toEqual(new Float32Array(0));
    await expect(file.readTensor('absent')).rejects.toThrow('there is no tensor absent');
  });

  it('reads what the reference wrote', async () => {
    const file = await openSafetensors(await goldenSource('ltx_vae_090_single_file/io.safetensors'));
    expect(file.tensors.get('out.count')).toMatchObject({ dtype: 'I64', shape: [], byteLength: 8 });
    const weights = await openSafetensors(await goldenSource('ltx_vae_090_single_file/weights_converted.safetensors'));
    const count = toFloat32(await file.readTensor('out.count'))[0];
    expect(weights.tensors.size).toBe(count);
  });

  const cases: [name: string, bytes: Uint8Array, message: RegExp][] = [
    ['an empty file', new Uint8Array(0), /10 bytes or more/],
    ['a header longer than the file', rawSafetensors(good, 11, 1_000_000n), /header is longer than the file/],
    ['a header of 2^64 - 1 bytes', rawSafetensors(good, 11, 2n ** 64n - 1n), /18446744073709551615/],
    ['data that is cut off', rawSafetensors(good, 10), /cut off .*11 bytes.*10/],
    ['bytes after the data', rawSafetensors(good, 12), /no tensor owns/],
    ['a header that is not JSON', rawSafetensors('{"a": nonsense}', 0), /is not JSON/],
    ['a header that is an array', rawSafetensors('[1, 2, 3]', 0), /starts with \{/],
    ['a header that is not UTF-8', withByte(rawSafetensors(good, 11), 12, 0xff), /UTF-8/],
    ['two JSON values', rawSafetensors('{}{}', 0), /is not JSON/],
    ['a zip file', new TextEncoder().encode('PK\u0003\u0004 and so on'), /bad|longer|safetensors/],
    [
      'the same name twice',
      rawSafetensors('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2),
      /twice.*"a"/,
    ],
    [
      'the same name twice, once escaped',
      rawSafetensors('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2),
      /twice/,
    ],
    ['a field twice', rawSafetensors('{"a":{"dtype":"U8","dtype":"F64","shape":[1],"data_offsets":[0,1]}}', 1), /twice.*dtype/],
    ['__proto__ as a name', rawSafetensors('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), /not allowed.*__proto__/],
    ['__proto__ in an entry', rawSafetensors('{"a":{"__proto__":{"dtype":"U8"},"shape":[1],"data_offsets":[0,1]}}', 1), /not allowed/],
    ['constructor as a name', rawSafetensors({ constructor: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, 1), /not allowed/],
    ['an empty name', rawSafetensors({ '': { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, 1), /not allowed/],
    ['a name with a line break', rawSafetensors({ 'a\nb': { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, 1), /not allowed/],
    ['deep nesting', rawSafetensors(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 0), /nested deeper/],
    ['overlapping tensors', rawSafetensors({ ...good, b: { dtype: 'U8', shape: [3], data_offsets: [7, 10] } }, 10), /overlaps/],
    ['two tensors on the same bytes', rawSafetensors({ ...good, b: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 8), /overlaps/],
    ['a hole', rawSafetensors({ ...good, b: { dtype: 'U8', shape: [3], data_offsets: [9, 12] } }, 12), /hole/],
    ['a hole at the start', rawSafetensors({ b: { dtype: 'U8', shape: [3], data_offsets: [4, 7] } }, 7), /hole/],
    ['offsets beyond the data', rawSafetensors({ a: { dtype: 'U8', shape: [300], data_offsets: [0, 300] } }, 3), /cut off/],
    ['an end before the begin', rawSafetensors({ a: { dtype: 'U8', shape: [3], data_offsets: [3, 0] } }, 3), /ends before it begins/],
    ['a negative offset', rawSafetensors({ a: { dtype: 'U8', shape: [3], data_offsets: [-3, 0] } }, 3), /malformed.*data_offsets/],
    ['a negative length', rawSafetensors({ a: { dtype: 'U8', shape: [-1, -3], data_offsets: [0, 3] } }, 3), /malformed.*shape/],
    ['a fractional length', rawSafetensors({ a: { dtype: 'U8', shape: [1.5, 2], data_offsets: [0, 3] } }, 3), /malformed.*shape/],
    ['a fractional offset', rawSafetensors({ a: { dtype: 'U8', shape: [3], data_offsets: [0.5, 3.5] } }, 3), /malformed.*data_offsets/],
    ['a length past 2^53', rawSafetensors({ a: { dtype: 'U8', shape: [2 ** 60], data_offsets: [0, 3] } }, 3), /malformed.*shape/],
    [
      'a shape whose product overflows',
      rawSafetensors({ a: { dtype: 'U8', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 3] } }, 3),
      /overflows/,
    ],
    [
      'a shape that overflows and is zero',
      rawSafetensors({ a: { dtype: 'U8', shape: [2 ** 40, 2 ** 40, 0], data_offsets: [0, 0] } }, 0),
      /overflows/,
    ],
    ['a rank of 17', rawSafetensors({ a: { dtype: 'U8', shape: Array(17).fill(1), data_offsets: [0, 1] } }, 1), /malformed.*shape/],
    [
      'a size that is not shape times type',
      rawSafetensors({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4),
      /wrong size.*8 bytes.*4 bytes/,
    ],
    ['an unknown type', rawSafetensors({ a: { dtype: 'F31', shape: [1], data_offsets: [0, 4] } }, 4), /unknown type.*F31/],
    ['a type of a prototype', rawSafetensors({ a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } }, 4), /unknown type/],
    ['a type that is a number', rawSafetensors({ a: { dtype: 4, shape: [1], data_offsets: [0, 4] } }, 4), /malformed.*dtype/],
    ['three offsets', rawSafetensors({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1, 2] } }, 1), /malformed.*data_offsets/],
    ['no offsets', rawSafetensors({ a: { dtype: 'U8', shape: [1] } }, 1), /malformed.*data_offsets/],
    ['an extra field', rawSafetensors({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1], strides: [1] } }, 1), /malformed/],
    ['an entry that is null', rawSafetensors('{"a":null}', 0), /malformed/],
    ['metadata that is not strings', rawSafetensors({ __metadata__: { steps: 3 } }, 0), /__metadata__ is malformed.*steps/],
    ['metadata that is an array', rawSafetensors('{"__metadata__":["x"]}', 0), /__metadata__ is malformed/],
  ];
  it.each(cases)('refuses %s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  it('notices that the file became shorter after it was opened', async () => {
    const bytes = rawSafetensors(good, 11);
    const source = memorySource(bytes, 'shrinking.safetensors');
    const file = await openSafetensors({ ...source, read: (offset, length) => source.read(offset, offset > 8 ? length - 1 : length) });
    await expect(file.readTensor('a')).rejects.toThrow(/shrinking.safetensors: the file ended early/);
  });

  it('closes its source', async () => {
    let closed = 0;
    const source = { ...memorySource(rawSafetensors(good, 11)), close: () => Promise.resolve(void closed++) };
    await (await openSafetensors(source)).close();
    expect(closed).toBe(1);
  });
});

describe('toFloat32', () => {
  it('reads every type, aligned or not', () => {
    const check = (dtype: Parameters<typeof toFloat32>[0]['dtype'], values: ArrayBufferView, expected: number[]): void => {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      for (const shift of [0, 1, 2, 4, 8]) {
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        expect([...toFloat32({ dtype, shape: [expected.length], bytes: shifted.subarray(shift) })]).toEqual(expected);
      }
    };
    check('F32', Float32Array.of(1.5, -0, 3e38), [1.5, -0, Math.fround(3e38)]);
    check('F64', Float64Array.of(0.1, 1e300), [Math.fround(0.1), Infinity]);
    check('F16', Uint16Array.of(0x3c00, 0xc000, 0x0001), [1, -2, 2 ** -24]);
    check('BF16', Uint16Array.of(0x3f80, 0xc000), [1, -2]);
    check('I8', Int8Array.of(-128, 127), [-128, 127]);
    check('U8', Uint8Array.of(0, 255), [0, 255]);
    check('BOOL', Uint8Array.of(0, 1), [0, 1]);
    check('I16', Int16Array.of(-32768, 5), [-32768, 5]);
    check('U16', Uint16Array.of(65535), [65535]);
    check('I32', Int32Array.of(-(2 ** 31), 16777217), [-(2 ** 31), 16777216]);
    check('U32', Uint32Array.of(2 ** 32 - 1), [2 ** 32]);
    check('I64', BigInt64Array.of(-5n, 2n ** 40n), [-5, 2 ** 40]);
    check('U64', BigUint64Array.of(2n ** 64n - 1n), [2 ** 64]);
  });

  it('reads 8-bit floats, but not those that are scales only', () => {
    expect([...toFloat32({ dtype: 'F8_E4M3', shape: [2], bytes: Uint8Array.of(0x38, 0xfe) })]).toEqual([1, -448]);
    expect([...toFloat32({ dtype: 'F8_E5M2', shape: [2], bytes: Uint8Array.of(0x3c, 0x7b) })]).toEqual([1, 57344]);
    expect(() => toFloat32({ dtype: 'F8_E8M0', shape: [1], bytes: new Uint8Array(1) })).toThrow(/F8_E8M0 cannot be used/);
  });
});

describe('assertFinite', () => {
  it('names the tensor and the index', () => {
    expect(() => assertFinite('w', Float32Array.of(1, 2, NaN), 'x.safetensors')).toThrow('x.safetensors: weight w holds NaN at index 2');
    expect(() => assertFinite('w', Float32Array.of(-Infinity))).toThrow('-Infinity at index 0');
    expect(() => assertFinite('w', Float32Array.of(3.4e38, -3.4e38, 0, 1e-45))).not.toThrow();
  });
});

function withByte(bytes: Uint8Array<ArrayBuffer>, index: number, value: number): Uint8Array<ArrayBuffer> {
  bytes[index] = value;
  return bytes;
}
