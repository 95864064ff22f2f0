import { AiprodError } from '../../errors';
import { floatToHalf, halfToFloat } from '../half';
import { checkFinite, checkLength, checkRows, clamp, roundHalfAway, type Codec } from './codec';

/**
 * The blocks of 32 values of GGUF files (https://github.com/ggml-org/llama.cpp, ggml-common.h and gguf-py quants.py).
 * All arithmetic is rounded to f32 where the reference rounds, so that decoded values are equal to the bit.
 */

const blockElements = 32;

/** A block format: what `blockCodec` repeats over all blocks. */
export interface BlockFormat {
  readonly name: string;
  readonly blockElements: number;
  readonly blockBytes: number;
  /** Decodes the block at `at` to `target`, which is one block long. */
  decode(bytes: Uint8Array, at: number, target: Float32Array): void;
  /** Encodes one block of finite values. */
  encode(values: Float32Array, bytes: Uint8Array, at: number): void;
}

/** A codec over whole blocks one after another. */
export function blockCodec(format: BlockFormat): Codec {
  const { blockElements, blockBytes } = format;
  return {
    blockElements,
    blockBytes,
    scales: 'none',
    decode(bytes, count) {
      checkLength(bytes, count, format);
      const blocks = Math.ceil(count / blockElements);
      const result = new Float32Array(blocks * blockElements);
      for (let block = 0; block < blocks; block++) {
        format.decode(bytes, block * blockBytes, result.subarray(block * blockElements, (block + 1) * blockElements));
      }
      return result.length === count ? result : result.slice(0, count);
    },
    encode(values, rowLength) {
      checkRows(values, rowLength, blockElements, format.name);
      checkFinite(values, format.name);
      const blocks = values.length / blockElements;
      const bytes = new Uint8Array(blocks * blockBytes);
      for (let block = 0; block < blocks; block++) {
        format.encode(values.subarray(block * blockElements, (block + 1) * blockElements), bytes, block * blockBytes);
      }
      return { bytes };
    },
  };
}

/** The f16 at a place, as a number. */
export function readHalf(bytes: Uint8Array, at: number): number {
  return halfToFloat(bytes[at] | (bytes[at + 1] << 8));
}

/**
 * Writes a factor as f16.
 * @returns what will be read back
 * @throws AiprodError 'not-finite' when it is too large for f16
 */
export function writeHalf(bytes: Uint8Array, at: number, value: number): number {
  const half = floatToHalf(value);
  if ((half & 0x7c00) === 0x7c00) {
    throw new AiprodError('not-finite', 'the values of a block are too large for its f16 scale', {
      expected: 'a scale of at most 65504',
      found: `${value}`,
      hint: 'Keep this tensor in bf16 or f32',
    });
  }
  bytes[at] = half & 0xff;
  bytes[at + 1] = half >> 8;
  return halfToFloat(half);
}

/** Value of the largest magnitude, the first of equals. */
function extremeOf(values: Float32Array): number {
  let extreme = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  return extreme;
}

function inverseOf(scale: number): number {
  return scale === 0 ? 0 : Math.fround(1 / scale);
}

/** f16 scale, 32 signed bytes. */
export const q8_0 = blockCodec({
  name: 'q8_0',
  blockElements,
  blockBytes: 34,
  decode(bytes, at, target) {
    const scale = readHalf(bytes, at);
    for (let k = 0; k < blockElements; k++) target[k] = scale * ((bytes[at + 2 + k] << 24) >> 24);
  },
  encode(values, bytes, at) {
    const scale = Math.fround(Math.abs(extremeOf(values)) / 127);
    const inverse = inverseOf(scale);
    writeHalf(bytes, at, scale);
    for (let k = 0; k < blockElements; k++) bytes[at + 2 + k] = roundHalfAway(Math.fround(values[k] * inverse));
  },
});

/** Parts of a block of 4 or 5 bits: f16 scale, f16 minimum where there is one, the fifth bits of all values, the lower four. */
interface NibbleLayout {
  readonly name: string;
  readonly blockBytes: number;
  readonly levels: 16 | 32;
  readonly hasMinimum: boolean;
}

function nibbleFormat({ name, blockBytes, levels, hasMinimum }: NibbleLayout): BlockFormat {
  const highBitsAt = hasMinimum ? 4 : 2;
  const nibblesAt = highBitsAt + (levels === 32 ? 4 : 0);
  const half = blockElements / 2;
  /** Value k of the first half shares its byte with value k + 16. */
  const readCode = (bytes: Uint8Array, at: number, k: number): number => {
    const low = (bytes[at + nibblesAt + (k % half)] >> (k < half ? 0 : 4)) & 15;
    return levels === 32 ? low | (((bytes[at + highBitsAt + (k >> 3)] >> (k & 7)) & 1) << 4) : low;
  };
  const writeCode = (bytes: Uint8Array, at: number, k: number, code: number): void => {
    bytes[at + nibblesAt + (k % half)] |= (code & 15) << (k < half ? 0 : 4);
    if (levels === 32) bytes[at + highBitsAt + (k >> 3)] |= (code >> 4) << (k & 7);
  };
  return {
    name,
    blockElements,
    blockBytes,
    decode(bytes, at, target) {
      const scale = readHalf(bytes, at);
      const minimum = hasMinimum ? readHalf(bytes, at + 2) : 0;
      const zero = hasMinimum ? 0 : levels / 2;
      for (let k = 0; k < blockElements; k++) {
        const product = Math.fround(scale * (readCode(bytes, at, k) - zero));
        target[k] = hasMinimum ? product + minimum : product;
      }
    },
    encode(values, bytes, at) {
      if (hasMinimum) {
        let low = values[0];
        let high = values[0];
        for (const value of values) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
        const scale = Math.fround(Math.fround(high - low) / (levels - 1));
        const inverse = inverseOf(scale);
        writeHalf(bytes, at, scale);
        writeHalf(bytes, at + 2, low);
        for (let k = 0; k < blockElements; k++) {
          const step = Math.fround(Math.fround(values[k] - low) * inverse);
          writeCode(bytes, at, k, clamp(Math.floor(Math.fround(step + 0.5)), 0, levels - 1));
        }
        return;
      }
      // The value of largest magnitude gets the code of which there is no counterpart of the other sign.
      const scale = Math.fround(extremeOf(values) / (-levels / 2));
      const inverse = inverseOf(scale);
      writeHalf(bytes, at, scale);
      for (let k = 0; k < blockElements; k++) {
        writeCode(bytes, at, k, clamp(Math.floor(values[k] * inverse + (levels / 2 + 0.5)), 0, levels - 1));
      }
    },
  };
}

/** scale * (code - 8), 4 bits. */
export const q4_0 = blockCodec(nibbleFormat({ name: 'q4_0', blockBytes: 18, levels: 16, hasMinimum: false }));
/** scale * code + minimum, 4 bits. */
export const q4_1 = blockCodec(nibbleFormat({ name: 'q4_1', blockBytes: 20, levels: 16, hasMinimum: true }));
/** scale * (code - 16), 5 bits. */
export const q5_0 = blockCodec(nibbleFormat({ name: 'q5_0', blockBytes: 22, levels: 32, hasMinimum: false }));
/** scale * code + minimum, 5 bits. */
export const q5_1 = blockCodec(nibbleFormat({ name: 'q5_1', blockBytes: 24, levels: 32, hasMinimum: true }));
