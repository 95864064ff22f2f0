import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { dequantize, encodings } from '../numeric/quantized';
import { memorySource } from './byte-source';
import { inspectWeights } from './inspect';
import { parametersOf, type ParameterSource } from './parameters';
import { openSafetensors } from './safetensors';
import { bytesOf, writeSafetensors, type TensorToWrite } from './safetensors-writer';
import { findScaledWeights } from './scaled-weights';
import { singleFileSet, type WeightSet } from './weight-set';

async function setOf(tensors: Readonly<Record<string, TensorToWrite>>): Promise<WeightSet> {
  return singleFileSet(await openSafetensors(memorySource(writeSafetensors(new Map(Object.entries(tensors))), 'scaled.safetensors')));
}

async function sourceOf(tensors: Readonly<Record<string, TensorToWrite>>): Promise<ParameterSource> {
  return parametersOf(await setOf(tensors));
}

const f32 = (shape: readonly number[], ...values: number[]): TensorToWrite => ({
  dtype: 'F32',
  shape,
  bytes: bytesOf(Float32Array.from(values)),
});
/** [2, 4] e4m3: 1 2 3 4, then -1 -2 -3 -4. */
const codes: TensorToWrite = { dtype: 'F8_E4M3', shape: [2, 4], bytes: Uint8Array.of(0x38, 0x40, 0x44, 0x48, 0xb8, 0xc0, 0xc4, 0xc8) };

describe('fp8 checkpoints', () => {
  it('plain ones are the values of their codes', async () => {
    const source = await sourceOf({ 'a.weight': codes, 'b.weight': { ...codes, dtype: 'F8_E5M2' } });
    expect([...(await source.load('a.weight'))]).toEqual([1, 2, 3, 4, -1, -2, -3, -4]);
    expect(source.encoding('a.weight')).toEqual({ encoding: 'fp8_e4m3' });
    expect(source.encoding('b.weight')).toEqual({ encoding: 'fp8_e5m2' });
    expect((await source.stored('a.weight'))?.scales).toBeUndefined();
  });

  it.each([
    ['scale_weight', []],
    ['scale_weight', [1]],
    ['weight_scale', [1, 1]],
  ])('with %s %j: one factor for the tensor', async (last, shape) => {
    const source = await sourceOf({
      'x.weight': codes,
      [`x.${last}`]: f32(shape, 0.5),
      scaled_fp8: { ...codes, shape: [0], bytes: new Uint8Array(0) },
    });
    expect([...source.names()]).toEqual(['x.weight']);
    expect(source.has(`x.${last}`)).toBe(false);
    expect([...(await source.load('x.weight'))]).toEqual([0.5, 1, 1.5, 2, -0.5, -1, -1.5, -2]);
    expect(await source.stored('x.weight')).toEqual({
      encoding: 'fp8_e4m3',
      shape: [2, 4],
      bytes: codes.bytes,
      scales: Float32Array.of(0.5),
    });
  });

  it.each([[[2]], [[2, 1]]])('with scales %j: one factor per row', async (shape) => {
    const source = await sourceOf({ 'x.weight': codes, 'x.weight_scale': f32(shape, 0.5, 2) });
    expect([...(await source.load('x.weight'))]).toEqual([0.5, 1, 1.5, 2, -2, -4, -6, -8]);
  });

  it('with a marker for each layer', async () => {
    const marker: TensorToWrite = { dtype: 'U8', shape: [2], bytes: new Uint8Array(2) };
    const source = await sourceOf({ 'x.weight': codes, 'x.weight_scale': f32([], 2), 'x.comfy_quant': marker });
    expect([...source.names()]).toEqual(['x.weight']);
  });

  it('of four bits with scales of scales are refused', async () => {
    const bytes: TensorToWrite = { dtype: 'U8', shape: [2, 16], bytes: new Uint8Array(32) };
    const scales: TensorToWrite = { dtype: 'F8_E4M3', shape: [2, 2], bytes: new Uint8Array(4) };
    await expect(sourceOf({ 'x.weight': bytes, 'x.weight_scale': scales, 'x.weight_scale_2': f32([], 1) })).rejects.toThrow(/do not fit/);
  });

  it('leave scales of activations alone and say so', async () => {
    const set = await setOf({
      'x.weight': codes,
      'x.scale_weight': f32([], 1),
      'x.scale_input': f32([], 3),
      'y.weight': codes,
      'y.input_scale': f32([], 3),
    });
    expect([...parametersOf(set).names()].sort()).toEqual(['x.weight', 'y.weight']);
    expect(inspectWeights(set).notes).toEqual([
      '1 fp8_e4m3 weights have scales beside them',
      '2 scales of activations are not used: activations are not quantised here',
    ]);
  });

  it.each<[string, Readonly<Record<string, TensorToWrite>>, RegExp]>([
    ['per block', { 'x.weight': codes, 'x.weight_scale': f32([2, 2], 1, 1, 1, 1) }, /one scale or 2, one per row.*\[2, 2\]/],
    ['per column', { 'x.weight': codes, 'x.weight_scale': f32([1, 4], 1, 1, 1, 1) }, /one scale or 2/],
    ['of a weight that is no codes', { 'x.weight': f32([1], 1), 'x.weight_scale': f32([], 1) }, /codes in F8_E4M3.*found F32/],
    ['there twice', { 'x.weight': codes, 'x.weight_scale': f32([], 1), 'x.scale_weight': f32([], 1) }, /two scales/],
  ])('refuses scales %s', async (_, tensors, message) => {
    await expect(sourceOf(tensors)).rejects.toThrow(message);
    await expect(sourceOf(tensors)).rejects.toMatchObject({ code: 'bad-weights' });
  });

  it('a parameter that is called like a scale stays a parameter', async () => {
    const source = await sourceOf({ gate: f32([1], 1), gate_scale: f32([1], 2), 'y.weight_scale': f32([1], 2) });
    expect([...source.names()].sort()).toEqual(['gate', 'gate_scale', 'y.weight_scale']);
  });

  it('NaN codes are refused by name', async () => {
    const source = await sourceOf({ 'x.weight': { dtype: 'F8_E4M3', shape: [1], bytes: Uint8Array.of(0x7f) } });
    await expect(source.load('x.weight')).rejects.toThrow(/weight x.weight holds NaN/);
  });
});

describe('integer checkpoints', () => {
  const values = Float32Array.from({ length: 4 * 64 }, (_, k) => Math.sin(k));

  it('int8 with a scale per row', async () => {
    const { bytes, scales } = encodings.int8.encode(values, 64);
    const source = await sourceOf({ 'x.weight': { dtype: 'I8', shape: [4, 64], bytes }, 'x.weight_scale': f32([4], ...(scales ?? [])) });
    expect(source.encoding('x.weight')).toEqual({ encoding: 'int8' });
    expect(await source.load('x.weight')).toEqual(dequantize({ encoding: 'int8', shape: [4, 64], bytes, scales }));
  });

  it('int8 with one scale has it for every row', async () => {
    const source = await sourceOf({
      'x.weight': { dtype: 'I8', shape: [2, 1], bytes: Uint8Array.of(1, 255) },
      'x.weight_scale': f32([], 0.5),
    });
    expect((await source.stored('x.weight'))?.scales).toEqual(Float32Array.of(0.5, 0.5));
    expect([...(await source.load('x.weight'))]).toEqual([0.5, -0.5]);
  });

  it.each([
    [32, false],
    [64, true],
  ] as const)('int4 in groups of %d, zero points %s', async (groupSize, zeros) => {
    const encoded = encodings.int4.encode(values, 64, { groupSize, zeros });
    const groups = [4, 64 / groupSize];
    const source = await sourceOf({
      'x.weight': { dtype: 'U8', shape: [4, 32], bytes: encoded.bytes },
      'x.weight_scale': f32(groups, ...(encoded.scales ?? [])),
      ...(encoded.zeros === undefined ? {} : { 'x.weight_zero': f32(groups, ...encoded.zeros) }),
    });
    expect([...source.names()]).toEqual(['x.weight']);
    expect(source.shape('x.weight')).toEqual([4, 64]);
    expect(source.encoding('x.weight')).toEqual({ encoding: 'int4', groupSize, zeros });
    expect(await source.load('x.weight')).toEqual(dequantize({ encoding: 'int4', shape: [4, 64], ...encoded }));
  });

  it('bytes beside a scale of another form are refused', async () => {
    const bytes: TensorToWrite = { dtype: 'U8', shape: [2, 16], bytes: new Uint8Array(32) };
    await expect(sourceOf({ w: bytes, w_scale: f32([2], 1, 1) })).rejects.toThrow(/codes \[rows, columns \/ 2\]/);
    await expect(sourceOf({ w: bytes, w_scale: f32([2, 1], 1, 1), w_zero: f32([2], 0, 0) })).rejects.toThrow(/zero points \[2, 1\]/);
  });
});

describe('findScaledWeights', () => {
  it('never throws anything but its own error, whatever the names and shapes', () => {
    const name = fc.oneof(
      fc.constantFrom('x.weight', 'x.weight_scale', 'x.scale_weight', 'x.scale_input', 'x.weight_zero', 'scaled_fp8', 'x', 'x_scale'),
      fc.string(),
    );
    const entry = fc.record({
      dtype: fc.constantFrom('F8_E4M3' as const, 'I8' as const, 'U8' as const, 'F32' as const, 'Q4_K' as const),
      shape: fc.array(fc.nat(64), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, entry), { maxLength: 8 }), (list) => {
        try {
          const { weights, beside } = findScaledWeights(new Map(list), 'file');
          for (const weight of weights.values()) expect(beside.has(weight.name)).toBe(false);
        } catch (error) {
          if (!(error instanceof AiprodError)) throw error;
          expect(error.code).toBe('bad-weights');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
