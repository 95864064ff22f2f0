import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source';
import { openGguf } from './gguf';
import { ggufLayout, writeGguf, type GgufTensorToWrite } from './gguf-writer';
import { parametersOf } from './parameters';
import { openSafetensors } from './safetensors';
import { bytesOf } from './safetensors-writer';
import { goldenPath, goldenSource, refusalOf, watchedSource } from './testing';
import { singleFileSet } from './weight-set';

const f32 = (...values: number[]): GgufTensorToWrite => ({
  dtype: 'F32',
  shape: [values.length],
  bytes: bytesOf(Float32Array.from(values)),
});

describe('a GGUF file of the reference', () => {
  it('gives the stored bytes and the decoded values of every type', async () => {
    const source = await goldenSource('quant_gguf/tiny.gguf');
    const file = await openGguf(source);
    const io = await openSafetensors(await goldenSource('quant_gguf/io.safetensors'));
    const parameters = parametersOf(singleFileSet(file));
    const seen: string[] = [];
    for (const { name, dtype, shape } of file.tensors.values()) {
      if (!io.tensors.has(`out.${dtype}`)) continue;
      seen.push(dtype);
      expect(shape, name).toEqual([3, 512]);
      expect((await file.readTensor(name)).bytes, name).toEqual((await io.readTensor(`in.packed.${dtype}`)).bytes);
      const values = await parameters.load(name);
      expect(new Uint8Array(values.buffer), name).toEqual((await io.readTensor(`out.${dtype}`)).bytes);
      expect(await parameters.stored(name)).toMatchObject({ encoding: dtype.toLowerCase(), shape: [3, 512] });
    }
    expect(seen.sort()).toEqual(['BF16', 'F16', 'Q2_K', 'Q3_K', 'Q4_0', 'Q4_1', 'Q4_K', 'Q5_0', 'Q5_1', 'Q5_K', 'Q6_K', 'Q8_0']);
  });

  it('is read in its header alone until a tensor is wanted', async () => {
    const bytes = writeGguf(new Map([['big', f32(...new Float32Array(100_000))]]), { architecture: 'test' });
    const source = watchedSource(bytes);
    const file = await openGguf(source);
    expect(source.asked.bytes).toBe(64 * 1024);
    expect((await file.readTensor('big')).bytes.length).toBe(400_000);
  });

  it('shows its metadata', async () => {
    const file = await openGguf(await goldenSource('quant_gguf/tiny.gguf'));
    expect(file.version).toBe(3);
    expect(file.metadata.get('general.architecture')).toBeDefined();
    expect([...file.values.keys()]).toEqual([...file.metadata.keys()]);
  });
});

describe('ggufLayout', () => {
  it('says where everything goes before there are any bytes', () => {
    const tensors = new Map<string, GgufTensorToWrite>([
      ['a', f32(1, 2, 3)],
      ['b', { dtype: 'Q8_0', shape: [2, 32], bytes: new Uint8Array(68).fill(7) }],
      ['c', f32(4)],
    ]);
    const file = writeGguf(tensors, { architecture: 'test' });
    const { head, offsets, size } = ggufLayout(tensors, { architecture: 'test' });
    expect(size).toBe(file.length);
    expect(file.subarray(0, head.length)).toEqual(head);
    for (const [name, { bytes }] of tensors) {
      const at = offsets.get(name) ?? 0;
      expect(at % 32).toBe(0);
      expect(file.subarray(at, at + bytes.length)).toEqual(bytes);
    }
  });

  it('refuses what GGUF has no place for', () => {
    const write = (tensor: GgufTensorToWrite): unknown => writeGguf(new Map([['a', tensor]]), { architecture: 'test' });
    expect(() => write({ dtype: 'F8_E4M3', shape: [1], bytes: new Uint8Array(1) })).toThrow(/no type F8_E4M3/);
    expect(() => write({ dtype: 'Q8_0', shape: [3, 5], bytes: new Uint8Array(34) })).toThrow(/whole blocks/);
    expect(() => write({ dtype: 'F32', shape: [2], bytes: new Uint8Array(4) })).toThrow(/found 4 bytes/);
  });
});

describe('openGguf', () => {
  it('reads a header longer than its first look', async () => {
    const tokens = Array.from({ length: 40_000 }, (_, k) => `token ${k}`);
    const bytes = writeGguf(new Map([['a', f32(1, 2)]]), {
      architecture: 't5encoder',
      values: new Map([['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: tokens }]]),
    });
    const source = watchedSource(bytes);
    const file = await openGguf(source);
    expect(source.asked.bytes).toBeLessThanOrEqual(bytes.length);
    expect(file.values.get('tokenizer.ggml.tokens')).toEqual(tokens);
    expect(file.metadata.get('tokenizer.ggml.tokens')).toBe('[40000 values]');
  });

  it('reads every kind of value', async () => {
    const bytes = writeGguf(new Map(), {
      architecture: 'test',
      values: new Map([
        ['u8', { type: 'u8', value: 200 }],
        ['i8', { type: 'i8', value: -3 }],
        ['u16', { type: 'u16', value: 60_000 }],
        ['i16', { type: 'i16', value: -300 }],
        ['u32', { type: 'u32', value: 4e9 }],
        ['i32', { type: 'i32', value: -4 }],
        ['f32', { type: 'f32', value: 0.5 }],
        ['f64', { type: 'f64', value: 0.1 }],
        ['u64', { type: 'u64', value: 2n ** 63n }],
        ['i64', { type: 'i64', value: -5n }],
        ['bool', { type: 'bool', value: true }],
        ['text', { type: 'string', value: 'où' }],
        ['list', { type: 'array', of: 'f32', values: [1.5, -2] }],
      ]),
    });
    const { values } = await openGguf(memorySource(bytes));
    expect(Object.fromEntries(values)).toEqual({
      'general.architecture': 'test',
      ...{ u8: 200, i8: -3, u16: 60_000, i16: -300, u32: 4e9, i32: -4, f32: 0.5, f64: 0.1, u64: 2n ** 63n, i64: -5 },
      ...{ bool: true, text: 'où', list: [1.5, -2] },
    });
  });

  it('gives tensors of five dimensions their shape back', async () => {
    const shape = [2, 3, 3, 3, 2];
    const values = Float32Array.from({ length: 108 }, (_, k) => k);
    const flat = new Map<string, GgufTensorToWrite>([
      ['conv', { dtype: 'F32', shape, bytes: bytesOf(values) }],
      ['odd', { dtype: 'Q8_0', shape: [16, 4], bytes: new Uint8Array(68) }],
    ]);
    const file = await openGguf(memorySource(writeGguf(flat, { architecture: 'ltxv' })));
    expect(file.tensors.get('conv')?.shape).toEqual(shape);
    expect(file.tensors.get('odd')?.shape).toEqual([16, 4]);
    expect(await parametersOf(singleFileSet(file)).load('conv')).toEqual(values);
  });

  it('reads version 2, and says what other versions are', async () => {
    const bytes = writeGguf(new Map([['a', f32(1, 2)]]), { architecture: 'test' });
    const withVersion = async (version: number, littleEndian = true): Promise<unknown> => {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint32(4, version, littleEndian);
      return openGguf(memorySource(changed));
    };
    await withVersion(2);
    expect((await refusalOf(withVersion(1))).message).toMatch(/version 2 or 3.*found version 1/);
    expect((await refusalOf(withVersion(3, false))).message).toMatch(/big-endian/);
  });

  it.each<[string, (view: DataView) => void, RegExp]>([
    ['another magic', (view) => view.setUint32(0, 1), /not a GGUF file/],
    ['more tensors than fit', (view) => view.setBigUint64(8, 2n ** 40n, true), /too many tensors/],
    ['more values than fit', (view) => view.setBigUint64(16, 2n ** 63n, true), /too many metadata values/],
    ['a key as long as the moon is far', (view) => view.setBigUint64(24, 2n ** 62n, true), /too many bytes of a metadata key/],
  ])('refuses %s', async (_, change, message) => {
    const bytes = writeGguf(new Map([['a', f32(1, 2)]]), { architecture: 'test' });
    change(new DataView(bytes.buffer));
    expect((await refusalOf(openGguf(memorySource(bytes)))).message).toMatch(message);
  });

  /** Header with one tensor whose fields come after its name. */
  function tensorFields(bytes: Uint8Array<ArrayBuffer>): DataView {
    const name = new TextEncoder().encode('weight');
    const at = bytes.findIndex((_, k) => name.every((code, j) => bytes[k + j] === code)) + name.length;
    return new DataView(bytes.buffer, at);
  }

  it.each<[string, (fields: DataView) => void, RegExp]>([
    ['too many dimensions', (fields) => fields.setUint32(0, 6, true), /too many dimensions.*at most 5.*found 6/],
    ['a shape beyond the file', (fields) => fields.setBigUint64(4, 2n ** 20n, true), /outside the file/],
    ['a shape beyond all files', (fields) => fields.setBigUint64(4, 2n ** 60n, true), /overflows/],
    ['a type of others', (fields) => fields.setUint32(12, 23, true), /cannot be read.*found IQ4_XS/],
    ['a type that is none', (fields) => fields.setUint32(12, 999, true), /type number 999/],
    ['half a block', (fields) => fields.setUint32(12, 8, true), /whole blocks.*multiple of 32 for Q8_0/],
    ['a place off the alignment', (fields) => fields.setBigUint64(16, 8n, true), /multiple of 32.*found 8/],
    ['a place beyond the file', (fields) => fields.setBigUint64(16, 3200n, true), /outside the file/],
  ])('refuses a tensor with %s', async (_, change, message) => {
    const bytes = writeGguf(new Map([['weight', f32(1, 2)]]), { architecture: 'test' });
    change(tensorFields(bytes));
    expect((await refusalOf(openGguf(memorySource(bytes)))).message).toMatch(message);
  });

  it('refuses tensors that share bytes, and names that come twice', async () => {
    const bytes = writeGguf(
      new Map([
        ['tensor', f32(1)],
        ['weight', f32(2)],
      ]),
      { architecture: 'test' },
    );
    const overlapping = bytes.slice();
    tensorFields(overlapping).setBigUint64(16, 0n, true);
    expect((await refusalOf(openGguf(memorySource(overlapping)))).message).toMatch(/"weight" overlaps "tensor"/);
    const twice = bytes.slice();
    twice.set(new TextEncoder().encode('tensor'), tensorFields(twice).byteOffset - 6);
    expect((await refusalOf(openGguf(memorySource(twice)))).message).toMatch(/there twice/);
  });

  it.each([[0], [3], [2 ** 24]])('refuses an alignment of %d', async (alignment) => {
    const bytes = writeGguf(new Map([['a', f32(1)]]), {
      architecture: 'x',
      values: new Map([['general.alignment', { type: 'u32', value: alignment }]]),
    });
    expect((await refusalOf(openGguf(memorySource(bytes)))).message).toMatch(/general.alignment/);
  });

  it('refuses an original shape of another size', async () => {
    const bytes = writeGguf(new Map([['a', f32(1, 2)]]), {
      architecture: 'x',
      values: new Map([['comfy.gguf.orig_shape.a', { type: 'array', of: 'i32', values: [3] }]]),
    });
    expect((await refusalOf(openGguf(memorySource(bytes)))).message).toMatch(/original shape/);
  });

  it('refuses arrays in arrays without end', async () => {
    const bytes = writeGguf(new Map(), {
      architecture: 'x',
      values: new Map([['list', { type: 'array', of: 'i32', values: new Array<number>(60).fill(0) }]]),
    });
    const at = new TextDecoder('latin1').decode(bytes).indexOf('list') + 8;
    const view = new DataView(bytes.buffer);
    for (let depth = 0; depth < 15; depth++) {
      view.setUint32(at + 12 * depth, 9, true);
      view.setBigUint64(at + 12 * depth + 4, 1n, true);
    }
    expect((await refusalOf(openGguf(memorySource(bytes)))).message).toMatch(/nested too deep/);
  });

  it('refuses part of a split file', async () => {
    const bytes = writeGguf(new Map([['a', f32(1)]]), { architecture: 'x', values: new Map([['split.count', { type: 'u16', value: 3 }]]) });
    expect((await refusalOf(openGguf(memorySource(bytes)))).message).toMatch(/split.*3 parts/);
  });

  it('refuses the golden file cut off anywhere', async () => {
    const bytes = new Uint8Array(await readFile(goldenPath('quant_gguf/tiny.gguf')));
    for (let length = 0; length < 2048; length += 7) {
      expect((await refusalOf(openGguf(memorySource(bytes.subarray(0, length))))).code).toBe('bad-weights');
    }
  });
});
