import { checkLength, checkRows, roundHalfEven, type Codec } from './codec';

/**
 * The 8-bit floats of "FP8 Formats for Deep Learning" (Micikevicius et al. 2022): sign, exponent, mantissa.
 * e4m3 has no infinity and one NaN per sign, so that its largest value is 448; e5m2 follows IEEE 754.
 */
interface Fp8Format {
  readonly name: 'fp8_e4m3' | 'fp8_e5m2';
  readonly mantissaBits: number;
  readonly bias: number;
  /** Largest finite value and its code. */
  readonly largest: number;
  readonly largestCode: number;
  /** What a finite value beyond the range becomes: the largest code (saturation) or infinity. */
  readonly overflowCode: number;
  readonly infinityCode: number;
  readonly nanCode: number;
}

const e4m3: Fp8Format = {
  name: 'fp8_e4m3',
  mantissaBits: 3,
  bias: 7,
  largest: 448,
  largestCode: 0x7e,
  overflowCode: 0x7e,
  infinityCode: 0x7f,
  nanCode: 0x7f,
};

const e5m2: Fp8Format = {
  name: 'fp8_e5m2',
  mantissaBits: 2,
  bias: 15,
  largest: 57344,
  largestCode: 0x7b,
  overflowCode: 0x7c,
  infinityCode: 0x7c,
  nanCode: 0x7f,
};

function valueOfCode(code: number, format: Fp8Format): number {
  const magnitude = code & 0x7f;
  const sign = code < 128 ? 1 : -1;
  if (magnitude > format.largestCode)
    return magnitude === format.infinityCode && format.infinityCode !== format.nanCode ? sign * Infinity : NaN;
  const steps = 2 ** format.mantissaBits;
  const exponent = magnitude >> format.mantissaBits;
  const mantissa = magnitude % steps;
  // Subnormals share the exponent of the smallest normals and have no leading one.
  if (exponent === 0) return sign * mantissa * 2 ** (1 - format.bias - format.mantissaBits);
  return sign * (steps + mantissa) * 2 ** (exponent - format.bias - format.mantissaBits);
}

/** Code nearest to a value, ties to even. */
function codeOfValue(value: number, format: Fp8Format): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x80 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return format.nanCode;
  if (magnitude === Infinity) return sign | format.infinityCode;
  const steps = 2 ** format.mantissaBits;
  // Exponent of the value, at least that of the subnormals; f32 values never leave the range of normal doubles.
  const exponent = Math.max(exponentOf(magnitude), 1 - format.bias);
  // Adding to the exponent's place carries by itself when the mantissa rounds up to the next power of two.
  const code = (exponent + format.bias - 1) * steps + roundHalfEven(magnitude / 2 ** (exponent - format.mantissaBits));
  return sign | (code > format.largestCode ? format.overflowCode : code);
}

const doubleView = new DataView(new ArrayBuffer(8));

/** floor(log2(x)) of a normal double, exact; for 0 something far below any exponent here. */
function exponentOf(x: number): number {
  doubleView.setFloat64(0, x);
  return ((doubleView.getUint16(0) >> 4) & 0x7ff) - 1023;
}

function fp8Codec(format: Fp8Format): Codec {
  const layout = { blockElements: 1, blockBytes: 1 } as const;
  const table = Float32Array.from({ length: 256 }, (_, code) => valueOfCode(code, format));
  return {
    ...layout,
    scales: 'tensor-or-row',
    decode(bytes, count) {
      checkLength(bytes, count, layout);
      const result = new Float32Array(count);
      for (let k = 0; k < count; k++) result[k] = table[bytes[k]];
      return result;
    },
    encode(values, rowLength, { scaling = 'none' } = {}) {
      const bytes = new Uint8Array(values.length);
      if (scaling === 'none') {
        for (let k = 0; k < values.length; k++) bytes[k] = codeOfValue(values[k], format);
        return { bytes };
      }
      const span = scaling === 'tensor' ? values.length : rowLength;
      checkRows(values, span, 1, format.name);
      const scales = new Float32Array(values.length / span);
      for (let row = 0; row < scales.length; row++) {
        let largest = 0;
        for (let k = row * span; k < (row + 1) * span; k++) largest = Math.max(largest, Math.abs(values[k]));
        // A row of zeros has no scale of its own; 1 keeps the division defined.
        const scale = largest === 0 ? 1 : Math.fround(largest / format.largest);
        scales[row] = scale;
        for (let k = row * span; k < (row + 1) * span; k++) bytes[k] = codeOfValue(Math.fround(values[k] / scale), format);
      }
      return { bytes, scales };
    },
  };
}

export const fp8_e4m3: Codec = fp8Codec(e4m3);
export const fp8_e5m2: Codec = fp8Codec(e5m2);
