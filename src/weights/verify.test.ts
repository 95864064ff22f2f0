import { describe, expect, test } from 'vitest';
import { readGoldenCase } from '../golden/testing';
import { encodings, isEncoding } from '../numeric/quantized';
import { storageRecipes } from './verify';

describe('reference cases of stored weights', () => {
  // Exact formats: every bit must be the reference's, except that -0 and 0 are one.
  test.each(['quant_gguf', 'quant_fp8'])('%s to the bit', async (name) => {
    const { golden } = readGoldenCase(name);
    const comparisons = storageRecipes[golden.recipe](golden);
    expect(comparisons.map((comparison) => comparison.name).sort()).toEqual([...golden.outputs.keys()].sort());
    for (const { name: output, actual, expected } of comparisons) {
      expect(actual.length, output).toBe(expected.data.length);
      const different = [...actual].findIndex((value, k) => value !== Number(expected.data[k]));
      expect(different, `${output} at ${different}: ${actual[different]} for ${expected.data[different]}`).toBe(-1);
    }
  });

  test('quant_int8: codes and accumulators equal, results within rounding', async () => {
    const { golden } = readGoldenCase('quant_int8');
    for (const { name, actual, expected } of storageRecipes[golden.recipe](golden)) {
      const isExact = ['weight_q', 'weight_scale', 'x_q', 'x_scale', 'acc'].includes(name);
      const tolerance = isExact ? 0 : 1e-5;
      expect(actual.length).toBe(expected.data.length);
      for (const [k, value] of actual.entries()) expect(Math.abs(value - Number(expected.data[k])), name).toBeLessThanOrEqual(tolerance);
    }
  });

  test('encoding gives the very bytes of the reference', async () => {
    const { golden } = readGoldenCase('quant_gguf');
    const source = golden.inputs.get('source');
    if (!(source?.data instanceof Float32Array)) throw new Error('the case has no source');
    for (const type of ['Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'BF16', 'F16']) {
      const encoding = type.toLowerCase();
      if (!isEncoding(encoding)) throw new Error(type);
      const { bytes } = encodings[encoding].encode(source.data, source.shape[1]);
      expect(bytes, type).toEqual(golden.inputs.get(`packed.${type}`)?.data);
    }
  });
});
