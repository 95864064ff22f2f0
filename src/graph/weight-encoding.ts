/** Encodings that weights keep in GPU memory: which kernels decode, how large they are, how their bytes are laid out. */
import { AiprodError } from '../errors';
import { encodings, type EncodedTensor, type EncodedValues, type Encoding, type GroupSize } from '../numeric/quantized';
import type { Shape } from './types';

/** How the words of an encoding lie in a buffer. */
type Layout =
  /** Codes of a whole number of bytes, rows padded to four elements; then, where there are any, one f32 factor a row. */
  | { readonly kind: 'codes'; readonly bytes: 1 | 2; readonly rowScales: boolean }
  /** Nibbles, then f32 factors of all groups, then f32 zero points of all groups. */
  | { readonly kind: 'groups' }
  /**
   * Blocks one after another. Where a block is no whole number of words, its f16 factor stands apart behind all blocks, two a
   * word; `factorAt` is its byte in the stored block.
   */
  | { readonly kind: 'blocks'; readonly factorAt?: number };

/** Encodings that kernels decode; each has a module of its name in `kernels/weights`. */
const layouts = {
  f16: { kind: 'codes', bytes: 2, rowScales: false },
  bf16: { kind: 'codes', bytes: 2, rowScales: false },
  fp8_e4m3: { kind: 'codes', bytes: 1, rowScales: true },
  fp8_e5m2: { kind: 'codes', bytes: 1, rowScales: true },
  int8: { kind: 'codes', bytes: 1, rowScales: true },
  int4: { kind: 'groups' },
  q8_0: { kind: 'blocks', factorAt: 0 },
  q4_0: { kind: 'blocks', factorAt: 0 },
  q4_1: { kind: 'blocks' },
  q5_0: { kind: 'blocks', factorAt: 0 },
  q5_1: { kind: 'blocks' },
  q2_k: { kind: 'blocks' },
  q3_k: { kind: 'blocks', factorAt: 108 },
  q4_k: { kind: 'blocks' },
  q5_k: { kind: 'blocks' },
  q6_k: { kind: 'blocks', factorAt: 208 },
} as const satisfies Partial<Record<Encoding, Layout>>;

export type DecodedEncoding = keyof typeof layouts;

/** Names of the encodings that kernels decode. */
export const decodedEncodings = Object.keys(layouts).filter(isDecodedEncoding);

export function isDecodedEncoding(name: string): name is DecodedEncoding {
  return Object.hasOwn(layouts, name);
}

/** How a weight is stored in GPU memory, as a matrix of rows. Plain data. */
export interface WeightEncoding {
  readonly encoding: DecodedEncoding;
  /** The value's dimension that counts the rows (output channels); the others, in their order, make up a row. */
  readonly rows: 'first' | 'last';
  /** int4: elements that share a factor; 32 unless told. */
  readonly groupSize?: GroupSize;
  /** int4: whether groups have zero points. */
  readonly zeros?: boolean;
}

/** What a source says of a weight it can give encoded; `rows` follows from the operation that reads it. */
export type EncodingChoice = Omit<WeightEncoding, 'rows'>;

/** Rows of a weight and elements in each. */
export interface MatrixSize {
  readonly rows: number;
  readonly inner: number;
}

export function matrixSize(shape: Shape, { rows: axis }: Pick<WeightEncoding, 'rows'>): MatrixSize {
  const rows = shape.length === 0 ? 1 : shape[axis === 'first' ? 0 : shape.length - 1];
  return { rows, inner: shape.reduce((product, size) => product * size, 1) / rows };
}

/** Elements that a row must hold a whole number of. */
export function rowMultiple({ encoding, groupSize = 32 }: EncodingChoice): number {
  return encoding === 'int4' ? groupSize : encodings[encoding].blockElements;
}

/** `int8`, `int4 in groups of 64 with zero points`. */
export function describeEncoding({ encoding, groupSize, zeros }: EncodingChoice): string {
  return `${encoding}${groupSize === undefined ? '' : ` in groups of ${groupSize}`}${zeros === true ? ' with zero points' : ''}`;
}

/** 4-byte words that a weight takes in GPU memory. */
export function encodedWords(choice: EncodingChoice, { rows, inner }: MatrixSize): number {
  const layout: Layout = layouts[choice.encoding];
  switch (layout.kind) {
    case 'codes':
      return rows * ((Math.ceil(inner / 4) * 4 * layout.bytes) / 4) + (layout.rowScales ? rows : 0);
    case 'groups':
      return (rows * inner) / 8 + ((rows * inner) / rowMultiple(choice)) * (choice.zeros === true ? 2 : 1);
    case 'blocks': {
      const { blockBytes, blockElements } = encodings[choice.encoding];
      const blocks = (rows * inner) / blockElements;
      return blocks * Math.floor(blockBytes / 4) + (layout.factorAt === undefined ? 0 : Math.ceil(blocks / 2));
    }
  }
}

/**
 * The words of an encoded matrix as kernels read them: the stored codes, unchanged, with everything aligned to words.
 * @throws AiprodError 'shape-mismatch' when the values do not fill the matrix.
 */
export function packWords(values: EncodedValues, choice: EncodingChoice, size: MatrixSize): Uint32Array<ArrayBuffer> {
  checkRowMultiple(choice, size);
  const layout: Layout = layouts[choice.encoding];
  const ready = readyWords(values, layout, encodedWords(choice, size), size.inner);
  if (ready !== undefined) return ready;
  const words = new Uint32Array(encodedWords(choice, size));
  const bytes = new Uint8Array(words.buffer);
  const floats = new Float32Array(words.buffer);
  const { rows, inner } = size;
  switch (layout.kind) {
    case 'codes': {
      const rowBytes = inner * layout.bytes;
      const stride = Math.ceil(inner / 4) * 4 * layout.bytes;
      checkCount('bytes', values.bytes.length, rows * rowBytes);
      if (rowBytes === stride) bytes.set(values.bytes);
      else for (let row = 0; row < rows; row++) bytes.set(values.bytes.subarray(row * rowBytes, (row + 1) * rowBytes), row * stride);
      if (layout.rowScales) floats.set(rowScales(values.scales, rows), (rows * stride) / 4);
      return words;
    }
    case 'groups': {
      const codeWords = (rows * inner) / 8;
      const groups = (rows * inner) / rowMultiple(choice);
      checkCount('bytes', values.bytes.length, codeWords * 4);
      checkCount('scales', values.scales?.length ?? 0, groups);
      checkCount('zero points', values.zeros?.length ?? 0, choice.zeros === true ? groups : 0);
      bytes.set(values.bytes);
      floats.set(values.scales ?? [], codeWords);
      floats.set(values.zeros ?? [], codeWords + groups);
      return words;
    }
    case 'blocks':
      packBlocks(values.bytes, bytes, encodings[choice.encoding].blockBytes, layout.factorAt);
      return words;
  }
}

/** The stored bytes themselves where they are what kernels read: large models are then not copied while they load. */
function readyWords({ bytes }: EncodedValues, layout: Layout, words: number, inner: number): Uint32Array<ArrayBuffer> | undefined {
  const asStored =
    (layout.kind === 'codes' && !layout.rowScales && inner % 4 === 0) || (layout.kind === 'blocks' && layout.factorAt === undefined);
  if (!asStored || bytes.length !== words * 4 || bytes.byteOffset % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, words);
}

function packBlocks(stored: Uint8Array, target: Uint8Array, blockBytes: number, factorAt: number | undefined): void {
  if (factorAt === undefined) {
    checkCount('bytes', stored.length, target.length);
    target.set(stored);
    return;
  }
  const kept = blockBytes - 2;
  const blocks = Math.floor(stored.length / blockBytes);
  checkCount('bytes', stored.length, Math.floor(target.length / (kept + 2)) * blockBytes);
  for (let block = 0; block < blocks; block++) {
    const from = block * blockBytes;
    target.set(stored.subarray(from, from + factorAt), block * kept);
    target.set(stored.subarray(from + factorAt + 2, from + blockBytes), block * kept + factorAt);
    target.set(stored.subarray(from + factorAt, from + factorAt + 2), blocks * kept + block * 2);
  }
}

/** One factor a row, whether the file has one for each, one for all, or none. */
function rowScales(scales: Float32Array | undefined, rows: number): Float32Array {
  if (scales?.length === rows) return scales;
  if (scales !== undefined) checkCount('scales', scales.length, 1);
  return new Float32Array(rows).fill(scales?.[0] ?? 1);
}

/** @throws AiprodError 'shape-mismatch' when rows do not hold whole blocks. */
export function checkRowMultiple(choice: EncodingChoice, { rows, inner }: MatrixSize): void {
  const multiple = rowMultiple(choice);
  if (inner % multiple === 0) return;
  throw new AiprodError('shape-mismatch', `a weight cannot be stored as ${describeEncoding(choice)}`, {
    expected: `rows of a multiple of ${multiple} elements`,
    found: `${rows} rows of ${inner}`,
    hint: 'Keep this weight in f32, f16 or bf16',
  });
}

function checkCount(what: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new AiprodError('shape-mismatch', `an encoded weight has another number of ${what} than its shape`, {
      expected: String(expected),
      found: String(found),
    });
  }
}

/** Whether a stored tensor is in a wanted encoding, down to what is kept beside its codes. */
export function isStoredAs(stored: EncodedTensor, wanted: EncodingChoice): boolean {
  if (stored.encoding !== wanted.encoding) return false;
  if (stored.encoding !== 'int4') return true;
  const count = stored.shape.reduce((product, size) => product * size, 1);
  return (stored.scales?.length ?? 0) === count / rowMultiple(wanted) && (stored.zeros !== undefined) === (wanted.zeros === true);
}
