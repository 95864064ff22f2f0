import { AiprodError } from '../../errors';
import type { DecodedEncoding } from '../../graph';
import { DTYPE_BYTES, isStoredDtype, packedEntries, planPack, parametersOf, type TensorEntry, type WeightSet } from '../../weights';
import type { OpenComponent } from './component-weights';

/** What is asked of weights that are not here. */
export interface AbsentModel {
  readonly name: string;
  /** Where a person gets it. */
  readonly hint: string;
}

/**
 * Weights of which names, shapes and encodings are known, and which cannot be read.
 * @param encoding bf16, or what `aiprod models pack` is to make of that; safetensors' encodings alone
 */
export function outlineWeights(
  model: AbsentModel,
  shapes: ReadonlyMap<string, readonly number[]>,
  encoding: 'bf16' | Exclude<DecodedEncoding, `q${string}`>,
): OpenComponent {
  const plain = outlineSet(
    model,
    Array.from(shapes, ([name, shape]) => entryOf(name, 'BF16', shape)),
  );
  const set =
    encoding === 'bf16'
      ? plain
      : outlineSet(
          model,
          Array.from(packedEntries(planPack(plain, encoding)), ([name, { dtype, shape }]) => entryOf(name, dtype, shape)),
        );
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  return { set, source: parametersOf(set), tree: { name: model.name, list: () => Promise.resolve([]), open: nothing, readText: nothing } };
}

/** @throws AiprodError 'unsupported-model' always: the model is known by its outline alone. */
export function refuseAbsent({ name, hint }: AbsentModel): never {
  throw new AiprodError('unsupported-model', `the weights of ${name} are not here, only what is known of their shapes`, {
    expected: 'a model on this machine',
    hint,
  });
}

function entryOf(name: string, dtype: TensorEntry['dtype'], shape: readonly number[]): TensorEntry {
  if (!isStoredDtype(dtype)) throw new AiprodError('internal', `an outline holds no blocks: ${dtype}`);
  const byteLength = shape.reduce((product, length) => product * length, DTYPE_BYTES[dtype]);
  return { name, dtype, shape, byteOffset: 0, byteLength };
}

function outlineSet(model: AbsentModel, entries: readonly TensorEntry[]): WeightSet {
  return {
    name: model.name,
    files: [],
    tensors: new Map(entries.map((entry) => [entry.name, entry])),
    metadata: new Map(),
    readTensor: async () => refuseAbsent(model),
    readBytes: async () => refuseAbsent(model),
    close: () => Promise.resolve(),
  };
}
