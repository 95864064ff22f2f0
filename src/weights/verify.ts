import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, floatInput, inputOf, type Comparison, type GoldenCase } from '../golden';
import { floatToBfloatArray, floatToHalfArray } from '../numeric/half';
import { dequantize, encodings, isEncoding } from '../numeric/quantized';

/** Recipe `gguf_dequant`: rows of packed blocks of every type in `params.types` to their values. */
function verifyBlocks(golden: GoldenCase): Comparison[] {
  const { types } = z.object({ types: z.array(z.string()) }).parse(golden.params);
  const actual = new Map<string, Float32Array>();
  for (const type of types) {
    const encoding = type.toLowerCase();
    if (!isEncoding(encoding)) {
      throw new AiprodError('unsupported-model', 'this version has no such block format', {
        where: golden.name,
        expected: Object.keys(encodings).join(', '),
        found: type,
      });
    }
    const { data } = inputOf(golden, `packed.${type}`, [Uint8Array], 'uint8 blocks');
    const { blockBytes, blockElements, decode } = encodings[encoding];
    actual.set(type, decode(data, (data.length / blockBytes) * blockElements));
  }
  return compareOutputs(golden, actual);
}

/** Recipe `fp8_tables`: all codes, rounding of values, a round trip with one scale, and the bits of f16 and bf16. */
function verifyFp8(golden: GoldenCase): Comparison[] {
  const { data } = floatInput(golden, 'x');
  const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code);
  const actual = new Map<string, Float32Array>();
  for (const [name, encoding] of [
    ['float8_e4m3fn', 'fp8_e4m3'],
    ['float8_e5m2', 'fp8_e5m2'],
  ] as const) {
    const codec = encodings[encoding];
    const values = codec.decode(allCodes, 256);
    actual.set(
      `${name}.is_nan`,
      values.map((value) => Number(Number.isNaN(value))),
    );
    actual.set(
      `${name}.is_inf`,
      values.map((value) => Number(Math.abs(value) === Infinity)),
    );
    actual.set(
      `${name}.values`,
      values.map((value) => (Number.isFinite(value) ? value : 0)),
    );
    actual.set(`${name}.encoded`, Float32Array.from(codec.encode(data, data.length).bytes));
    const scaled = codec.encode(data, data.length, { scaling: 'tensor' });
    actual.set(`${name}.scaled_roundtrip`, dequantize({ encoding, shape: [data.length], ...scaled }));
  }
  // The reference shows the bits as signed numbers.
  actual.set('float16.bits', Float32Array.from(new Int16Array(floatToHalfArray(data).buffer)));
  actual.set('bfloat16.bits', Float32Array.from(new Int16Array(floatToBfloatArray(data).buffer)));
  return compareOutputs(golden, actual);
}

/**
 * Recipe `int8_matmul`: symmetric int8, a scale per output channel of the weight and per row of activations; the product of the
 * codes, and the layer's result with activations quantised (w8a8), kept (w8a32) and with nothing quantised.
 */
function verifyInt8(golden: GoldenCase): Comparison[] {
  const weight = floatInput(golden, 'weight');
  const x = floatInput(golden, 'x');
  const bias = floatInput(golden, 'bias').data;
  const [outputs, inner] = weight.shape;
  const rows = x.data.length / inner;
  const weightQ = encodings.int8.encode(weight.data, inner);
  const xQ = encodings.int8.encode(x.data, inner);
  const weightCodes = encodings.int8.decode(weightQ.bytes, weight.data.length);
  const xCodes = encodings.int8.decode(xQ.bytes, x.data.length);
  const weightScales = weightQ.scales ?? new Float32Array(outputs);
  const xScales = xQ.scales ?? new Float32Array(rows);
  const product = (a: Float32Array, b: Float32Array, finish: (sum: number, row: number, column: number) => number): Float32Array => {
    const result = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < outputs; column++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a[row * inner + k] * b[column * inner + k];
        result[row * outputs + column] = finish(sum, row, column);
      }
    }
    return result;
  };
  return compareOutputs(
    golden,
    new Map([
      ['weight_q', weightCodes],
      ['weight_scale', weightScales],
      ['x_q', xCodes],
      ['x_scale', xScales],
      ['acc', product(xCodes, weightCodes, (sum) => sum)],
      ['y_w8a8', product(xCodes, weightCodes, (sum, row, column) => sum * xScales[row] * weightScales[column] + bias[column])],
      ['y_w8a32', product(x.data, weightCodes, (sum, _, column) => sum * weightScales[column] + bias[column])],
      ['y_float', product(x.data, weight.data, (sum, _, column) => sum + bias[column])],
    ]),
  );
}

/** The recipes of reference cases that this folder answers. */
export const storageRecipes: Readonly<Record<string, (golden: GoldenCase) => Comparison[]>> = {
  gguf_dequant: verifyBlocks,
  fp8_tables: verifyFp8,
  int8_matmul: verifyInt8,
};
