import { AiprodError } from '../errors';
import { dequantize, type EncodedTensor, type Encoding, type GroupSize } from '../numeric/quantized';
import { encodingOfDtype, type TensorDtype } from './dtypes';
import { missingTensor } from './missing-tensor';
import { findScaledWeights, readScaledWeight } from './scaled-weights';
import { readStoredRows } from './stored-rows';
import { assertFinite, toFloat32, type TensorData } from './tensor-data';
import type { WeightSet } from './weight-set';

/** How a weight is stored, as far as it is known without reading it. */
export interface StoredEncoding {
  readonly encoding: Encoding;
  /** int4. */
  readonly groupSize?: GroupSize;
  /** int4. */
  readonly zeros?: boolean;
}

/** Named weights of one model, read when asked for. */
export interface ParameterSource {
  /** Name for messages. */
  readonly name: string;
  names(): Iterable<string>;
  has(name: string): boolean;
  /** The readers throw AiprodError 'bad-weights' when there is no such tensor. */
  /** Of the values, as the model wants it; a file may store codes in another. */
  shape(name: string): readonly number[];
  dtype(name: string): TensorDtype;
  /** How the weight is stored; undefined where that is no encoding of weights (F64, whole numbers, booleans). */
  encoding(name: string): StoredEncoding | undefined;
  /** The bytes as stored, without scales that stand beside them. */
  read(name: string): Promise<TensorData>;
  /** The weight as stored with all it takes to decode it; undefined where `encoding` is. */
  stored(name: string): Promise<EncodedTensor | undefined>;
  /** The values in f32, row-major: decoded, scales applied. @throws AiprodError 'not-finite' when one is NaN or infinite. */
  load(name: string): Promise<Float32Array<ArrayBuffer>>;
  /**
   * Some of its rows (indices of the first axis, rising) as `load` gives them, one after another. Of a weight whose rows are whole
   * bytes and blocks, no other row is read.
   */
  loadRows(name: string, rows: readonly number[]): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * The tensors of a weight file or set under their own names. Scales and zero points of quantised weights belong to their weight and
 * have no name of their own here.
 * @throws AiprodError 'bad-weights' when a scale does not fit its weight.
 */
export function parametersOf(weights: Pick<WeightSet, 'name' | 'tensors' | 'readTensor' | 'readBytes'>): ParameterSource {
  const scaled = findScaledWeights(weights.tensors, weights.name);
  const entryOf = (name: string) => {
    const entry = weights.tensors.get(name);
    if (entry === undefined) throw missingTensor(name, weights.name, weights.tensors.keys());
    return entry;
  };
  const stored = async (name: string): Promise<EncodedTensor | undefined> => {
    const weight = scaled.weights.get(name);
    if (weight !== undefined) return readScaledWeight(weight, weights);
    const encoding = encodingOfDtype(entryOf(name).dtype);
    if (encoding === undefined) return undefined;
    const { shape, bytes } = await weights.readTensor(name);
    return { encoding, shape, bytes };
  };
  return {
    name: weights.name,
    *names() {
      for (const name of weights.tensors.keys()) if (!scaled.beside.has(name)) yield name;
    },
    has: (name) => weights.tensors.has(name) && !scaled.beside.has(name),
    shape: (name) => scaled.weights.get(name)?.shape ?? entryOf(name).shape,
    dtype: (name) => entryOf(name).dtype,
    encoding(name) {
      const weight = scaled.weights.get(name);
      if (weight !== undefined)
        return { encoding: weight.encoding, groupSize: weight.groupSize, zeros: weight.groupSize && weight.zero !== undefined };
      const encoding = encodingOfDtype(entryOf(name).dtype);
      return encoding && { encoding };
    },
    read: (name) => weights.readTensor(name),
    stored,
    async load(name) {
      const weight = scaled.weights.get(name);
      const values = weight === undefined ? toFloat32(await weights.readTensor(name)) : dequantize(await readScaledWeight(weight, weights));
      assertFinite(name, values, weights.name);
      return values;
    },
    async loadRows(name, rows) {
      const entry = entryOf(name);
      const weight = scaled.weights.get(name);
      const values = await readStoredRows({ name, entry, weight, rows, weights });
      assertFinite(name, values, weights.name);
      return values;
    },
  };
}

/**
 * How the names of one component in a file turn into the names that the model uses. Plain data.
 * A name is cut at its dots and read once from left to right: where the parts of a rule's `from` stand, the longest such
 * rule writes its `to`; other parts stay. So no rule acts on what another wrote.
 */
export interface RenameRules {
  /** Prefixes that the component's names have in the file, best first; tensors without the first one found are not its own. '' takes all. */
  readonly prefixes: readonly string[];
  readonly rules: readonly RenameRule[];
  /** Renamed names that begin so are left out. */
  readonly drop?: readonly string[];
}

export interface RenameRule {
  readonly from: string;
  readonly to: string;
}

/** New name to name in the file. @throws AiprodError 'bad-weights' when two names become one. */
export function renamedNames(names: Iterable<string>, renaming: RenameRules, where: string): Map<string, string> {
  const all = [...names];
  const prefix = renaming.prefixes.find((candidate) => all.some((name) => name.startsWith(candidate)));
  const renamed = new Map<string, string>();
  if (prefix === undefined) return renamed;
  const rename = compileRules(renaming.rules);
  for (const original of all) {
    if (!original.startsWith(prefix)) continue;
    const name = rename(original.slice(prefix.length));
    if (renaming.drop?.some((start) => name.startsWith(start)) === true) continue;
    const other = renamed.get(name);
    if (other !== undefined)
      throw new AiprodError('bad-weights', `two tensors stand for ${name}`, { where, found: `${other} and ${original}` });
    renamed.set(name, original);
  }
  return renamed;
}

/** The same weights under other names. */
export function renameParameters(source: ParameterSource, renaming: RenameRules): ParameterSource {
  const originals = renamedNames(source.names(), renaming, source.name);
  const original = (name: string): string => {
    const found = originals.get(name);
    if (found === undefined) throw missingTensor(name, source.name, originals.keys());
    return found;
  };
  return {
    name: source.name,
    names: () => originals.keys(),
    has: (name) => originals.has(name),
    shape: (name) => source.shape(original(name)),
    dtype: (name) => source.dtype(original(name)),
    encoding: (name) => source.encoding(original(name)),
    read: async (name) => source.read(original(name)),
    stored: async (name) => source.stored(original(name)),
    load: async (name) => source.load(original(name)),
    loadRows: async (name, rows) => source.loadRows(original(name), rows),
  };
}

const LISTED = 10;

/**
 * Compares weights with what a model wants and reports every difference in one error.
 * @param wanted shape by name
 * @param isOptional names that may be there without being wanted (buffers that are computed, for one)
 * @throws AiprodError 'bad-weights' that lists up to ten missing, unexpected and misshapen tensors each
 */
export function checkParameters(
  source: ParameterSource,
  wanted: ReadonlyMap<string, readonly number[]>,
  isOptional: (name: string) => boolean = () => false,
): void {
  const missing = [...wanted.keys()].filter((name) => !source.has(name));
  const unexpected = [...source.names()].filter((name) => !wanted.has(name) && !isOptional(name));
  const misshapen: string[] = [];
  for (const [name, shape] of wanted) {
    if (!source.has(name)) continue;
    const found = source.shape(name);
    if (found.length === shape.length && found.every((length, k) => length === shape[k])) continue;
    misshapen.push(`${name} is [${found.join(', ')}] instead of [${shape.join(', ')}]`);
  }
  const problems = [...describe('missing', missing), ...describe('unexpected', unexpected), ...describe('with another shape', misshapen)];
  if (problems.length === 0) return;
  throw new AiprodError('bad-weights', 'the weights do not fit the model', {
    where: source.name,
    expected: `${wanted.size} tensors`,
    found: problems.join('; '),
    hint: 'Check that weights and config belong to the same model',
  });
}

function describe(kind: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : '';
  return [`${names.length} ${kind}: ${names.slice(0, LISTED).join(', ')}${more}`];
}

/** A function that renames as {@link RenameRules} says, prefixes and dropped names aside. */
export function compileRules(rules: readonly RenameRule[]): (name: string) => string {
  const compiled = rules
    .map(({ from, to }) => ({ from: from.split('.'), to: to.split('.') }))
    .sort((a, b) => b.from.length - a.from.length);
  return (name) => {
    const parts = name.split('.');
    const result: string[] = [];
    for (let at = 0; at < parts.length;) {
      const rule = compiled.find(({ from }) => from.every((part, k) => parts[at + k] === part));
      result.push(...(rule?.to ?? [parts[at]]));
      at += rule?.from.length ?? 1;
    }
    return result.join('.');
  };
}
