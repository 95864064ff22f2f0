import { AiprodError } from '../../errors';
import { groupSizes, type Codec, type EncodedValues, type GroupSize } from './codec';
import { bf16, f16, f32 } from './floats';
import { fp8_e4m3, fp8_e5m2 } from './fp8';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './gguf-blocks';
import { q2_k, q3_k, q4_k, q5_k, q6_k } from './gguf-superblocks';
import { int4, int8 } from './integers';

/** Every way of storing weights that this project knows. */
export const encodings = {
  f32,
  f16,
  bf16,
  fp8_e4m3,
  fp8_e5m2,
  int8,
  int4,
  q8_0,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
} as const satisfies Readonly<Record<string, Codec>>;

export type Encoding = keyof typeof encodings;

export function isEncoding(name: string): name is Encoding {
  return Object.hasOwn(encodings, name);
}

/** A tensor as stored. A row is one index of the first axis: a row of a matrix, an output channel of a convolution. */
export interface EncodedTensor extends EncodedValues {
  readonly encoding: Encoding;
  /** Of the values, outermost axis first. */
  readonly shape: readonly number[];
}

/** What is kept beside the codes, where an encoding leaves the choice. */
export interface StorageOptions {
  /** fp8. */
  readonly scaling?: 'none' | 'tensor' | 'row';
  /** int4. */
  readonly groupSize?: GroupSize;
  /** int4. */
  readonly zeros?: boolean;
}

/** Bytes that a tensor takes: codes and the factors beside them, 4 bytes each. */
export function storedBytes(encoding: Encoding, shape: readonly number[], options: StorageOptions = {}): number {
  const { blockElements, blockBytes, scales } = encodings[encoding];
  const count = shape.reduce((product, length) => product * length, 1);
  const codes = Math.ceil(count / blockElements) * blockBytes;
  const rows = shape.length === 0 ? 1 : shape[0];
  switch (scales) {
    case 'none':
      return codes;
    case 'row':
      return codes + 4 * rows;
    case 'tensor-or-row':
      return codes + 4 * { none: 0, tensor: 1, row: rows }[options.scaling ?? 'none'];
    case 'group':
      return codes + (count / (options.groupSize ?? 32)) * 4 * (options.zeros === true ? 2 : 1);
  }
}

/**
 * The values of a stored tensor in f32: codes, less their zero point, times their factor, rounded once.
 * @throws AiprodError 'shape-mismatch' when bytes, scales or zeros do not fit the shape
 */
export function dequantize({ encoding, shape, bytes, scales, zeros }: EncodedTensor): Float32Array<ArrayBuffer> {
  const count = shape.reduce((product, length) => product * length, 1);
  const values = encodings[encoding].decode(bytes, count);
  if (scales === undefined) return values;
  const span = scaleSpan({ encoding, shape, scales, zeros });
  for (let group = 0; group < scales.length; group++) {
    const scale = scales[group];
    const zero = zeros?.[group] ?? 0;
    for (let k = group * span; k < (group + 1) * span; k++) values[k] = (values[k] - zero) * scale;
  }
  return values;
}

/**
 * Values that share a factor: all of the tensor, a row, or a group.
 * @throws AiprodError 'shape-mismatch' when the count of factors is none that the encoding allows
 */
export function scaleSpan({ encoding, shape, scales, zeros }: Omit<EncodedTensor, 'bytes'>): number {
  const count = shape.reduce((product, length) => product * length, 1);
  const rows = shape.length === 0 ? 1 : shape[0];
  const groups = groupSizes.map((size) => count / size);
  const kind = encodings[encoding].scales;
  const allowed = { none: [0], 'tensor-or-row': [0, 1, rows], row: [rows], group: groups }[kind];
  const found = scales?.length ?? 0;
  if (allowed.includes(found) && (zeros === undefined || (kind === 'group' && zeros.length === found))) {
    return found === 0 ? count : count / found;
  }
  throw new AiprodError('shape-mismatch', `the scales do not fit a tensor of ${encoding}`, {
    expected: `${[...new Set(allowed)].join(' or ')} scales for [${shape.join(', ')}]`,
    found: `${found} scales${zeros === undefined ? '' : ` and ${zeros.length} zero points`}`,
  });
}
