import { AiprodError } from '../errors';
import type { EncodedTensor, Encoding } from '../numeric/quantized';
import { BLOCK_ENCODINGS, isBlockDtype, type StoredDtype, type TensorDtype } from './dtypes';
import type { GgufTensorToWrite } from './gguf-writer';
import { bytesOf, type TensorToWrite } from './safetensors-writer';

/** Element types of safetensors that hold the codes of an encoding. */
const CODE_DTYPES: Partial<Record<Encoding, StoredDtype>> = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  fp8_e4m3: 'F8_E4M3',
  fp8_e5m2: 'F8_E5M2',
  int8: 'I8',
  int4: 'U8',
};

/** Block types of GGUF by encoding. */
const BLOCK_DTYPES: ReadonlyMap<Encoding, TensorDtype> = new Map(
  Object.entries(BLOCK_ENCODINGS).flatMap(([name, encoding]) => (isBlockDtype(name) ? [[encoding, name] as const] : [])),
);

/**
 * The tensors that keep a weight in a safetensors file as `findScaledWeights` finds it again: its codes under its own name, its
 * factors under `NAME_scale` and its zero points under `NAME_zero`, in f32.
 * @throws AiprodError 'internal' for blocks, which safetensors has no type for, and for int4 of other than two dimensions
 */
export function safetensorsOfEncoded(name: string, { encoding, shape, bytes, scales, zeros }: EncodedTensor): Map<string, TensorToWrite> {
  const dtype = CODE_DTYPES[encoding];
  if (dtype === undefined || (encoding === 'int4' && shape.length !== 2)) {
    throw new AiprodError('internal', `safetensors cannot keep ${name} as ${encoding}`, { found: `[${shape.join(', ')}]` });
  }
  const rows = shape[0] ?? 1;
  const stored = encoding === 'int4' ? [rows, shape[1] / 2] : shape;
  const tensors = new Map<string, TensorToWrite>([[name, { dtype, shape: stored, bytes }]]);
  if (scales !== undefined) {
    const perRow = encoding === 'int4' ? [rows, scales.length / rows] : scales.length === 1 ? [] : [rows];
    tensors.set(`${name}_scale`, { dtype: 'F32', shape: perRow, bytes: bytesOf(scales) });
    if (zeros !== undefined) tensors.set(`${name}_zero`, { dtype: 'F32', shape: perRow, bytes: bytesOf(zeros) });
  }
  return tensors;
}

/**
 * The tensor that keeps a weight in a GGUF file.
 * @throws AiprodError 'internal' for encodings with factors of their own, which GGUF has no place for
 */
export function ggufOfEncoded(name: string, { encoding, shape, bytes, scales }: EncodedTensor): GgufTensorToWrite {
  const plain = encoding === 'f32' || encoding === 'f16' || encoding === 'bf16' ? CODE_DTYPES[encoding] : undefined;
  const dtype = BLOCK_DTYPES.get(encoding) ?? plain;
  if (dtype !== undefined && scales === undefined) return { dtype, shape, bytes };
  throw new AiprodError('internal', `GGUF cannot keep ${name} as ${encoding}`);
}
