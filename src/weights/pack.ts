import { rowMultiple, type DecodedEncoding, type EncodingChoice } from '../graph';
import { encodings, storedBytes, type EncodedTensor } from '../numeric/quantized';
import { BLOCK_ENCODINGS, isBlockDtype, isStoredDtype, type StoredDtype, type TensorDtype } from './dtypes';
import { ggufOfEncoded, safetensorsOfEncoded } from './encoded-tensors';
import { parametersOf, type ParameterSource } from './parameters';
import { quantisedChoice } from './weight-choice';
import type { WeightSet } from './weight-set';

/** A tensor of a packed file. */
export interface PackedTensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

/** What becomes of one weight. */
export interface PackedWeight {
  readonly name: string;
  /** Undefined where it is copied as it is stored. */
  readonly encoding: DecodedEncoding | undefined;
  /** The tensors it turns into: codes under its own name, factors beside. */
  readonly tensors: ReadonlyMap<string, PackedTensor>;
  /** Bytes of these. */
  readonly bytes: number;
  /** The same tensors with their bytes, read and encoded. */
  read(): Promise<ReadonlyMap<string, PackedTensor & { readonly bytes: Uint8Array }>>;
}

/** Tables that are looked up and not multiplied with, by the endings of their names. */
const tables = ['shared.weight', 'embed_tokens.weight', 'relative_attention_bias.weight', 'token_embd.weight', 'attn_rel_b.weight'];

const blockEncodings = new Set<string>(Object.values(BLOCK_ENCODINGS));

/** Whether an encoding is packed into a GGUF file; all others go into safetensors. */
export function packsIntoGguf(encoding: DecodedEncoding): boolean {
  return blockEncodings.has(encoding);
}

/**
 * Plans to pack a weight set: dense layers and convolutions in an encoding by `quantisedChoice`, everything else as it is
 * stored. What would become int8 because it holds no whole blocks is f16 in GGUF files, which have no int8. Reads nothing but
 * shapes.
 */
export function planPack(weights: WeightSet, encoding: DecodedEncoding): PackedWeight[] {
  const source = parametersOf(weights);
  const isGguf = packsIntoGguf(encoding);
  return [...source.names()].map((name) => {
    const choice = choiceOf(name, source, encoding);
    return choice === undefined ? kept(name, source, isGguf) : encoded(name, source, choice, isGguf);
  });
}

function choiceOf(name: string, source: ParameterSource, encoding: DecodedEncoding): EncodingChoice | undefined {
  const shape = source.shape(name);
  if (shape.length < 2 || !name.endsWith('.weight') || tables.some((table) => name.endsWith(table))) return undefined;
  const { rows, inner } = rowsOf(shape);
  const operation = shape.length === 2 ? 'matmul' : 'convolution';
  const stored = source.encoding(name)?.encoding;
  const choice = quantisedChoice({ encoding }, { name, stored }, { operation, rows, inner });
  // A weight that stays in 16 bits is copied.
  if (choice?.encoding !== encoding && choice?.encoding === stored) return undefined;
  return packsIntoGguf(encoding) && choice?.encoding === 'int8' ? { encoding: 'f16' } : choice;
}

function rowsOf(shape: readonly number[]): { rows: number; inner: number } {
  const [rows] = shape;
  return { rows, inner: shape.reduce((product, length) => product * length, 1) / rows };
}

/** A weight as it is stored; one with factors beside it or in blocks is decoded into f16, which any file holds. */
function kept(name: string, source: ParameterSource, isGguf: boolean): PackedWeight {
  const dtype = source.dtype(name);
  const stored = source.encoding(name);
  const isPlain = stored === undefined || encodings[stored.encoding].scales === 'none';
  if (!isPlain || isBlockDtype(dtype)) return { ...encoded(name, source, { encoding: 'f16' }, isGguf), encoding: undefined };
  const tensor = { dtype, shape: source.shape(name) };
  return {
    name,
    encoding: undefined,
    tensors: new Map([[name, tensor]]),
    bytes: storedBytes(stored?.encoding ?? 'f32', tensor.shape),
    read: async () => new Map([[name, { ...tensor, bytes: (await source.read(name)).bytes }]]),
  };
}

function encoded(name: string, source: ParameterSource, choice: EncodingChoice, isGguf: boolean): PackedWeight {
  const { encoding } = choice;
  const shape = source.shape(name);
  const { rows, inner } = rowsOf(shape);
  const tensorsOf = (tensor: EncodedTensor) =>
    isGguf ? new Map([[name, ggufOfEncoded(name, tensor)]]) : safetensorsOfEncoded(name, tensor);
  const factors = { none: 0, 'tensor-or-row': rows, row: rows, group: (rows * inner) / rowMultiple(choice) }[encodings[encoding].scales];
  // The same tensors without their codes, to know names, types and shapes before anything is read.
  const blank = { encoding, shape, bytes: new Uint8Array(0), ...(factors === 0 ? {} : { scales: new Float32Array(factors) }) };
  return {
    name,
    encoding,
    tensors: new Map(Array.from(tensorsOf(blank), ([key, tensor]) => [key, { dtype: tensor.dtype, shape: tensor.shape }])),
    bytes: storedBytes(encoding, shape, { scaling: 'row' }),
    async read() {
      const values = encodings[encoding].encode(await source.load(name), inner, { scaling: 'row' });
      return tensorsOf({ encoding, shape, ...values });
    },
  };
}

/** The tensors of a plan, by their names. */
export function packedEntries(plan: readonly PackedWeight[]): Map<string, PackedTensor> {
  return new Map(plan.flatMap(({ tensors }) => [...tensors]));
}

/** The tensors of a plan by the types of safetensors; blocks are left out, which such files cannot hold. */
export function safetensorsEntries(
  plan: readonly PackedWeight[],
): Map<string, { readonly dtype: StoredDtype; readonly shape: readonly number[] }> {
  const entries = new Map<string, { dtype: StoredDtype; shape: readonly number[] }>();
  for (const [name, { dtype, shape }] of packedEntries(plan)) if (isStoredDtype(dtype)) entries.set(name, { dtype, shape });
  return entries;
}
