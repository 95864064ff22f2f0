import { describe, expect, it } from 'vitest';
import { encodings, isEncoding, type Encoding } from '../numeric/quantized';
import { assertFiniteCodes } from './finite-codes';
import { chooseEncodings, parseWeightOption } from './weight-choice';

const dense = { operation: 'matmul', rows: 8, inner: 256 };
const convolution = { operation: 'convolution', rows: 8, inner: 27 * 32 };
const table = { operation: 'gatherRows', rows: 100, inner: 256 };
const spec = (name: string, storedShape: readonly number[] = [8, 256]) => ({ name, storedShape });

/** A source whose weights are called after their encoding. */
const source = { encoding: (name: string) => (isEncoding(name) ? { encoding: name } : undefined) };

describe('the choice of encodings', () => {
  it('keeps what the file has, where kernels decode it', () => {
    const choose = chooseEncodings(source, 'as-stored', 'f32');
    for (const name of ['f16', 'bf16', 'fp8_e4m3', 'int8', 'int4', 'q4_k']) expect(choose(spec(name), dense)?.encoding, name).toBe(name);
    expect(choose(spec('bf16', [100, 256]), table)?.encoding).toBe('bf16');
    expect(choose(spec('f32'), dense)).toBeUndefined();
    expect(choose(spec('whole numbers'), dense)).toBeUndefined();
    expect(choose(spec('q8_0', [8, 32, 3, 3, 3]), convolution)).toBeUndefined();
    expect(choose(spec('bf16', [8, 32, 3, 3, 3]), convolution)?.encoding).toBe('bf16');
  });

  it('leaves f16 to the device in an f16 graph', () => {
    expect(chooseEncodings(source, 'as-stored', 'f16')(spec('f16'), dense)).toBeUndefined();
    expect(chooseEncodings(source, 'f16', 'f16')(spec('f32'), dense)).toBeUndefined();
    expect(chooseEncodings(source, 'f16', 'f32')(spec('f32'), dense)?.encoding).toBe('f16');
  });

  it('quantises dense layers and convolutions, and leaves tables', () => {
    const int4 = chooseEncodings(source, 'int4', 'f32');
    expect(int4(spec('f32'), dense)?.encoding).toBe('int4');
    expect(int4(spec('f32'), { ...dense, inner: 40 })?.encoding).toBe('int8');
    expect(int4(spec('f32'), convolution)?.encoding).toBe('int8');
    expect(int4(spec('f32'), table)).toBeUndefined();
    expect(chooseEncodings(source, 'bf16', 'f32')(spec('f32'), table)?.encoding).toBe('bf16');
    expect(chooseEncodings(source, 'plain', 'f32')(spec('bf16'), dense)).toBeUndefined();
  });

  it('keeps first and last layers and short rows in 16 bits, those of the file where it has them', () => {
    const int8 = chooseEncodings({ encoding: (name) => (name.startsWith('bf16.') ? { encoding: 'bf16' } : undefined) }, 'int8', 'f32');
    for (const name of [
      'proj_in.weight',
      'decoder.conv_out.conv.weight',
      'model.diffusion_model.patchify_proj.weight',
      'audio_proj_out.weight',
    ]) {
      expect(int8(spec(name), dense)?.encoding, name).toBe('f16');
      expect(int8(spec(`bf16.${name}`), dense)?.encoding, name).toBe('bf16');
    }
    for (const name of ['decoder.up_blocks.1.conv_in.conv1.conv.weight', 'transformer_blocks.0.attn1.to_q.weight']) {
      expect(int8(spec(name), dense)?.encoding, name).toBe('int8');
    }
    expect(int8(spec('w'), { ...dense, inner: 31 })?.encoding).toBe('f16');
    expect(int8(spec('w'), { ...convolution, inner: 16 })?.encoding).toBe('f16');
    expect(int8(spec('w'), { ...dense, inner: 32 })?.encoding).toBe('int8');
    expect(chooseEncodings(source, 'int8', 'f16')(spec('proj_in.weight'), dense)).toBeUndefined();
  });

  it('knows its options by name', () => {
    expect(parseWeightOption('q6_k')).toBe('q6_k');
    expect(() => parseWeightOption('int3')).toThrow(/as-stored/);
  });
});

describe('encoded weights that are not numbers', () => {
  const broken: readonly (readonly [Encoding, number, number])[] = [
    ['f16', 3, 0x7c],
    ['bf16', 3, 0x7f],
    ['fp8_e4m3', 5, 0xff],
    ['fp8_e5m2', 5, 0x7d],
    ['q8_0', 35, 0x7c],
    ['q4_k', 147, 0x7e],
    ['q6_k', 419, 0xfc],
  ];
  for (const [encoding, at, byte] of broken) {
    it(`are found in ${encoding}`, () => {
      const values = Float32Array.from({ length: 512 }, (_, k) => Math.sin(k));
      const tensor = { encoding, shape: [1, 512], ...encodings[encoding].encode(values, 512) };
      expect(() => assertFiniteCodes('w', tensor)).not.toThrow();
      tensor.bytes[at] = byte;
      if (encoding === 'bf16') tensor.bytes[at - 1] = 0x80;
      expect(() => assertFiniteCodes('w', tensor)).toThrow(/weight w/);
    });
  }

  it('are found in scales', () => {
    expect(() =>
      assertFiniteCodes('w', { encoding: 'int8', shape: [1, 1], bytes: new Uint8Array(1), scales: Float32Array.of(NaN) }),
    ).toThrow(/scales/);
  });
});
