import { clamp } from './codec';
import { fitSpan, fitSymmetric, type ScaleAndMinimum } from './fit-scale';
import { blockCodec, readHalf, writeHalf, type BlockFormat } from './gguf-blocks';

/**
 * The superblocks of 256 values of GGUF files, "K quants" (https://github.com/ggml-org/llama.cpp, ggml-common.h and gguf-py
 * quants.py): sub-blocks of 16 or 32 values whose scales are themselves quantised under one f16 factor.
 * Decoding rounds to f32 where the reference does. Encoding searches scales by least squares; the codes are not those of the
 * reference, the format is.
 */

const blockElements = 256;

/** Scale and minimum of sub-block j of q4_k and q5_k: 8 pairs of 6 bits in 12 bytes. */
function readScalePair(bytes: Uint8Array, at: number, j: number): [scale: number, minimum: number] {
  if (j < 4) return [bytes[at + j] & 63, bytes[at + j + 4] & 63];
  const low = bytes[at + j + 4];
  return [(low & 15) | ((bytes[at + j - 4] >> 6) << 4), (low >> 4) | ((bytes[at + j] >> 6) << 4)];
}

function writeScalePair(bytes: Uint8Array, at: number, j: number, scale: number, minimum: number): void {
  if (j < 4) {
    bytes[at + j] |= scale;
    bytes[at + j + 4] |= minimum;
    return;
  }
  bytes[at + j + 4] = (scale & 15) | ((minimum & 15) << 4);
  bytes[at + j - 4] |= (scale >> 4) << 6;
  bytes[at + j] |= (minimum >> 4) << 6;
}

/** Lines of all sub-blocks under two f16 factors. */
interface QuantisedLines {
  /** Whole numbers, `scales[j] * factor` is the scale of sub-block j. */
  readonly scales: number[];
  readonly minimums: number[];
  readonly codes: Uint8Array;
}

/**
 * Fits each sub-block, quantises scales and minimums to `steps` levels, and takes the codes under what was kept of them.
 * @param factorsAt where the two f16 factors go
 */
function encodeLines(
  values: Float32Array,
  size: number,
  levels: number,
  steps: number,
  bytes: Uint8Array,
  factorsAt: number,
): QuantisedLines {
  const lines: ScaleAndMinimum[] = [];
  for (let start = 0; start < blockElements; start += size) lines.push(fitSpan(values.subarray(start, start + size), levels));
  const scaleFactor = writeHalf(bytes, factorsAt, Math.max(...lines.map(({ scale }) => scale)) / steps);
  const minimumFactor = writeHalf(bytes, factorsAt + 2, Math.max(...lines.map(({ minimum }) => minimum)) / steps);
  const step = (value: number, factor: number): number => (factor === 0 ? 0 : clamp(Math.round(value / factor), 0, steps));
  const scales = lines.map(({ scale }) => step(scale, scaleFactor));
  const minimums = lines.map(({ minimum }) => step(minimum, minimumFactor));
  const codes = new Uint8Array(blockElements);
  for (let k = 0; k < blockElements; k++) {
    const j = Math.floor(k / size);
    const scale = scaleFactor * scales[j];
    if (scale > 0) codes[k] = clamp(Math.round((values[k] + minimumFactor * minimums[j]) / scale), 0, levels);
  }
  return { scales, minimums, codes };
}

/** Two f16 factors, 12 bytes of scales and minimums, the fifth bits (q5_k), nibbles; 8 sub-blocks of 32. */
function pairedFormat(name: 'q4_k' | 'q5_k'): BlockFormat {
  const hasHighBits = name === 'q5_k';
  const [scalesAt, highAt, nibblesAt] = [4, 16, hasHighBits ? 48 : 16];
  return {
    name,
    blockElements,
    blockBytes: nibblesAt + 128,
    decode(bytes, at, target) {
      const scaleFactor = readHalf(bytes, at);
      const minimumFactor = readHalf(bytes, at + 2);
      for (let j = 0; j < 8; j++) {
        const [scale, minimum] = readScalePair(bytes, at + scalesAt, j);
        const factor = Math.fround(scaleFactor * scale);
        const offset = Math.fround(minimumFactor * minimum);
        const nibbles = at + nibblesAt + 32 * (j >> 1);
        for (let k = 0; k < 32; k++) {
          const low = (bytes[nibbles + k] >> (4 * (j & 1))) & 15;
          const code = hasHighBits ? low | (((bytes[at + highAt + k] >> j) & 1) << 4) : low;
          target[32 * j + k] = Math.fround(factor * code) - offset;
        }
      }
    },
    encode(values, bytes, at) {
      const { scales, minimums, codes } = encodeLines(values, 32, hasHighBits ? 31 : 15, 63, bytes, at);
      for (let j = 0; j < 8; j++) {
        writeScalePair(bytes, at + scalesAt, j, scales[j], minimums[j]);
        for (let k = 0; k < 32; k++) {
          const code = codes[32 * j + k];
          bytes[at + nibblesAt + 32 * (j >> 1) + k] |= (code & 15) << (4 * (j & 1));
          if (hasHighBits) bytes[at + highAt + k] |= (code >> 4) << j;
        }
      }
    },
  };
}

export const q4_k = blockCodec(pairedFormat('q4_k'));
export const q5_k = blockCodec(pairedFormat('q5_k'));

/** 16 bytes of scale and minimum in 4 bits each, codes of 2 bits, two f16 factors; 16 sub-blocks of 16. */
export const q2_k = blockCodec({
  name: 'q2_k',
  blockElements,
  blockBytes: 84,
  decode(bytes, at, target) {
    const scaleFactor = readHalf(bytes, at + 80);
    const minimumFactor = readHalf(bytes, at + 82);
    for (let k = 0; k < blockElements; k++) {
      const pair = bytes[at + (k >> 4)];
      const factor = Math.fround(scaleFactor * (pair & 15));
      target[k] = Math.fround(factor * ((bytes[at + 16 + crumbByte(k)] >> crumbShift(k)) & 3)) - Math.fround(minimumFactor * (pair >> 4));
    }
  },
  encode(values, bytes, at) {
    const { scales, minimums, codes } = encodeLines(values, 16, 3, 15, bytes, at + 80);
    for (let j = 0; j < 16; j++) bytes[at + j] = scales[j] | (minimums[j] << 4);
    for (let k = 0; k < blockElements; k++) bytes[at + 16 + crumbByte(k)] |= codes[k] << crumbShift(k);
  },
});

/** Byte of the two low bits of value k in q2_k and q3_k: four runs of 32 values share 32 bytes. */
function crumbByte(k: number): number {
  return 32 * (k >> 7) + (k & 31);
}

function crumbShift(k: number): number {
  return 2 * ((k >> 5) & 3);
}

/** Fits sub-blocks of 16 without minimum and quantises their scales to -half .. half - 1 under one f16 factor. */
function encodeScales(
  values: Float32Array,
  half: number,
  steps: number,
  bytes: Uint8Array,
  factorAt: number,
): { scales: Int8Array; codes: Int8Array } {
  const codes = new Int8Array(blockElements);
  const fitted = new Float32Array(16);
  for (let j = 0; j < 16; j++) fitted[j] = fitSymmetric(values.subarray(16 * j, 16 * j + 16), half, codes.subarray(16 * j, 16 * j + 16));
  let extreme = 0;
  for (const scale of fitted) if (Math.abs(scale) > Math.abs(extreme)) extreme = scale;
  // The scale of largest magnitude gets the one code without a counterpart.
  const factor = writeHalf(bytes, factorAt, extreme / -steps);
  const scales = Int8Array.from(fitted, (scale) => (factor === 0 ? 0 : clamp(Math.round(scale / factor), -steps, steps - 1)));
  for (let k = 0; k < blockElements; k++) {
    const scale = factor * scales[k >> 4];
    codes[k] = scale === 0 ? 0 : clamp(Math.round(values[k] / scale), -half, half - 1);
  }
  return { scales, codes };
}

/** Scale j of q3_k: 16 of 6 bits in 12 bytes, the lower four bits in the first eight, the upper two in the last four. */
function readSixBitScale(bytes: Uint8Array, at: number, j: number): number {
  const low = (bytes[at + (j & 7)] >> (4 * (j >> 3))) & 15;
  const high = (bytes[at + 8 + (j & 3)] >> (2 * (j >> 2))) & 3;
  return (low | (high << 4)) - 32;
}

function writeSixBitScale(bytes: Uint8Array, at: number, j: number, scale: number): void {
  const code = scale + 32;
  bytes[at + (j & 7)] |= (code & 15) << (4 * (j >> 3));
  bytes[at + 8 + (j & 3)] |= (code >> 4) << (2 * (j >> 2));
}

/** The third bits of all values, codes of two bits, 12 bytes of scales, f16 factor; 16 sub-blocks of 16, codes -4 to 3. */
export const q3_k = blockCodec({
  name: 'q3_k',
  blockElements,
  blockBytes: 110,
  decode(bytes, at, target) {
    const factor = readHalf(bytes, at + 108);
    for (let k = 0; k < blockElements; k++) {
      const scale = Math.fround(factor * readSixBitScale(bytes, at + 96, k >> 4));
      const low = (bytes[at + 32 + crumbByte(k)] >> crumbShift(k)) & 3;
      const high = (bytes[at + (k & 31)] >> (k >> 5)) & 1;
      target[k] = scale * (low + 4 * high - 4);
    }
  },
  encode(values, bytes, at) {
    const { scales, codes } = encodeScales(values, 4, 32, bytes, at + 108);
    for (let j = 0; j < 16; j++) writeSixBitScale(bytes, at + 96, j, scales[j]);
    for (let k = 0; k < blockElements; k++) {
      const code = codes[k] + 4;
      bytes[at + 32 + crumbByte(k)] |= (code & 3) << crumbShift(k);
      bytes[at + (k & 31)] |= (code >> 2) << (k >> 5);
    }
  },
});

/** Byte and shift of the lower four bits of value k in q6_k: 128 values in 64 bytes, the second 64 in their upper halves. */
function sixBitLow(k: number): [byte: number, shift: number] {
  return [64 * (k >> 7) + (k & 63), (k & 64) === 0 ? 0 : 4];
}

/** Byte and shift of the upper two bits: 128 values in 32 bytes. */
function sixBitHigh(k: number): [byte: number, shift: number] {
  return [128 + 32 * (k >> 7) + (k & 31), 2 * ((k >> 5) & 3)];
}

/** Lower four bits, upper two bits, 16 signed bytes of scales, f16 factor; 16 sub-blocks of 16, codes -32 to 31. */
export const q6_k = blockCodec({
  name: 'q6_k',
  blockElements,
  blockBytes: 210,
  decode(bytes, at, target) {
    const factor = readHalf(bytes, at + 208);
    for (let j = 0; j < 16; j++) {
      const scale = Math.fround(factor * ((bytes[at + 192 + j] << 24) >> 24));
      for (let k = 16 * j; k < 16 * j + 16; k++) {
        const [lowByte, lowShift] = sixBitLow(k);
        const [highByte, highShift] = sixBitHigh(k);
        const code = ((bytes[at + lowByte] >> lowShift) & 15) | (((bytes[at + highByte] >> highShift) & 3) << 4);
        target[k] = scale * (code - 32);
      }
    }
  },
  encode(values, bytes, at) {
    const { scales, codes } = encodeScales(values, 32, 128, bytes, at + 208);
    for (let j = 0; j < 16; j++) bytes[at + 192 + j] = scales[j];
    for (let k = 0; k < blockElements; k++) {
      const code = codes[k] + 32;
      const [lowByte, lowShift] = sixBitLow(k);
      const [highByte, highShift] = sixBitHigh(k);
      bytes[at + lowByte] |= (code & 15) << lowShift;
      bytes[at + highByte] |= (code >> 4) << highShift;
    }
  },
});
