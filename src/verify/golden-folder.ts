import { z } from 'zod';
import { AiprodError } from '../errors';
import type { GoldenCase, GoldenData, GoldenTensor } from '../golden';
import type { ModelCase, WeightReader } from '../models';
import {
  joinPath,
  memorySource,
  openSafetensors,
  parametersOf,
  readFileOf,
  singleFileSet,
  type FileTree,
  type TensorData,
  type WeightFile,
} from '../weights';

const caseSchema = z.object({
  name: z.string(),
  recipe: z.string(),
  classes: z.record(z.string(), z.string()).default({}),
  params: z.unknown(),
  tolerance: z.object({ f32: z.number().nonnegative(), f16: z.number().nonnegative() }),
  weights_from: z.record(z.string(), z.string()).nullish(),
});

/** A case with what it takes to judge it. */
export interface OpenedCase {
  readonly golden: ModelCase & GoldenCase;
  readonly tolerance: { readonly f32: number; readonly f16: number };
  /** A text file of the folder, such as tokenizer.json. */
  readText(file: string): Promise<string | undefined>;
}

/**
 * Opens a folder of reference data (fixtures/golden/README.md describes the format).
 *
 * @param tree the folder above, because a case may use the weights of its neighbour
 * @param name the case's folder in it
 */
export async function openGoldenCase(tree: FileTree, name: string): Promise<OpenedCase> {
  const where = joinPath(tree.name, name);
  const meta = await readJson(tree, name, 'case.json', caseSchema, where);
  const configText = await tree.readText(joinPath(name, 'config.json'));
  const io = await openFile(tree, joinPath(name, 'io.safetensors'));
  const inputs = new Map<string, GoldenTensor>();
  const outputs = new Map<string, GoldenTensor>();
  for (const key of io.tensors.keys()) {
    const target = key.startsWith('in.') ? inputs : key.startsWith('out.') ? outputs : undefined;
    target?.set(key.replace(/^(in|out)\./, ''), goldenTensor(await io.readTensor(key), key));
  }
  const several = Object.keys(meta.classes).length > 1;
  const readerOf = async (path: string): Promise<WeightReader> => {
    const source = parametersOf(singleFileSet(await openFile(tree, path)));
    return { names: [...source.names()], shape: (key) => source.shape(key), read: (key) => source.load(key) };
  };
  const openWeights = async (component: string): Promise<WeightReader> => {
    const [folder, part] = (meta.weights_from?.[component] ?? name).split('#');
    const own = joinPath(folder, `weights_${part ?? component}.safetensors`);
    // A case may have one model with weights and other components without.
    const named = part !== undefined || (folder === name && several && (await tree.list()).includes(own));
    return readerOf(named ? own : joinPath(folder, 'weights.safetensors'));
  };
  const openOthers = async (prefix: string): Promise<Map<string, WeightReader>> => {
    const start = joinPath(name, prefix);
    const paths = (await tree.list()).filter((path) => path.startsWith(start) && path.endsWith('.safetensors'));
    return new Map(await Promise.all(paths.map(async (path) => [path.slice(name.length + 1), await readerOf(path)] as const)));
  };
  const { name: caseName, recipe, classes, params, tolerance } = meta;
  const config: unknown = configText === undefined ? undefined : JSON.parse(configText);
  return {
    golden: { name: caseName, recipe, classes, params, config, inputs, outputs, openWeights, openOthers },
    tolerance,
    readText: (file) => tree.readText(joinPath(name, file)),
  };
}

async function readJson<Schema extends z.ZodType>(
  tree: FileTree,
  name: string,
  file: string,
  schema: Schema,
  where: string,
): Promise<z.output<Schema>> {
  const text = await tree.readText(joinPath(name, file));
  if (text === undefined) {
    throw new AiprodError('bad-input', 'this is no folder of reference data', { where, expected: file, found: 'no such file' });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AiprodError('bad-input', `${file} is not JSON`, { where }, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `${file} is not valid at ${issue.path.join('.')}: ${issue.message}`, { where });
}

/** Reads a whole file: reference cases are small, and nothing stays open. */
async function openFile(tree: FileTree, path: string): Promise<WeightFile> {
  const bytes = await readFileOf(tree, path);
  if (bytes === undefined)
    throw new AiprodError('bad-input', 'a file of the reference data is missing', { where: joinPath(tree.name, path) });
  return openSafetensors(memorySource(bytes, joinPath(tree.name, path)));
}

const numpyNames: Readonly<Record<string, string>> = {
  F32: 'float32',
  F64: 'float64',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

function goldenTensor({ dtype, shape, bytes }: TensorData, name: string): GoldenTensor {
  const numpyName = numpyNames[dtype];
  if (numpyName === undefined)
    throw new AiprodError('bad-input', `${name} has a type that no recipe uses`, {
      found: dtype,
      expected: Object.keys(numpyNames).join(', '),
    });
  return { dtype: numpyName, shape: [...shape], data: goldenData(dtype, bytes) };
}

/** Views need aligned data; a copy begins at 0. */
function goldenData(dtype: string, bytes: Uint8Array): GoldenData {
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I8':
      return Int32Array.from(new Int8Array(buffer));
    default:
      return new Uint8Array(buffer);
  }
}
