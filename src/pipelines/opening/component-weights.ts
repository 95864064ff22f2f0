import { AiprodError } from '../../errors';
import type { ParameterReader } from '../../graph';
import { checkParameters, parameterReader, type ByteSource, type FileTree, type ParameterSource, type WeightSet } from '../../weights';
import { fingerprintFile } from '../recipe';
import { pathInTree } from './model-parts';
import type { ModelWeights } from './model-weights';

/** The weights of a component, open. */
export interface OpenComponent {
  /** Under the names that the model uses. */
  readonly source: ParameterSource;
  readonly set: WeightSet;
  /** The tree that its files lie in. */
  readonly tree: FileTree;
}

/** A file of a model that no component reads as weights, such as another runtime's. */
export interface HashedFile {
  readonly tree: FileTree;
  readonly path: string;
  /** Under which recipes know it. */
  readonly name: string;
}

/**
 * The weights of all components of a model, open.
 * @param open opens a component's weights; asked once for each. Components of one file may share its set.
 * @param others files that belong to the model too
 */
export async function componentWeights<Component extends string>(
  components: readonly Component[],
  open: (component: Component) => Promise<OpenComponent>,
  others: readonly HashedFile[] = [],
): Promise<ModelWeights<Component>> {
  const opened = await openAll(components, open);
  const componentOf = (component: Component): OpenComponent => {
    const found = opened.get(component);
    if (found === undefined) throw new AiprodError('internal', `the model has no component ${component}`);
    return found;
  };
  const all = [...opened.values()];
  let fingerprints: Promise<Record<string, string>> | undefined;
  return {
    components,
    weightBytes: bytesOfAll(all) + (await bytesOfFiles(others)),
    ...weightAccess<Component>((component) => Promise.resolve(componentOf(component).source)),
    stored: (component) => componentOf(component).source,
    fingerprints() {
      fingerprints ??= fingerprintFiles([
        ...all.flatMap(({ set, tree }) =>
          set.files.map(({ name }) => {
            const path = pathInTree(tree, name);
            return { tree, path, name: path };
          }),
        ),
        ...others,
      ]);
      return fingerprints;
    },
    async close() {
      await Promise.all([...new Set(all.map(({ set }) => set))].map((set) => set.close()));
    },
  };
}

/** Opens all components; closes what is open where one fails. */
async function openAll<Component extends string>(
  components: readonly Component[],
  open: (component: Component) => Promise<OpenComponent>,
): Promise<Map<Component, OpenComponent>> {
  const opened = new Map<Component, OpenComponent>();
  try {
    for (const component of components) opened.set(component, await open(component));
    return opened;
  } catch (error) {
    for (const set of new Set(Array.from(opened.values(), (found) => found.set))) await set.close();
    throw error;
  }
}

/** What a model gives of its weights, all from one function that opens a component's. */
export function weightAccess<Component extends string>(
  parameters: ModelWeights<Component>['parameters'],
): Pick<ModelWeights<Component>, 'parameters' | 'reader' | 'check'> {
  return {
    parameters,
    reader(component): ParameterReader {
      const read = async (): Promise<ParameterReader> => parameterReader(await parameters(component));
      return Object.assign(async (name: string) => (await read())(name), {
        stored: async (name: string) => (await read()).stored?.(name),
        rows: async (name: string, rows: readonly number[]) => (await parameters(component)).loadRows(name, rows),
      });
    },
    async check(component, wanted) {
      checkParameters(await parameters(component), wanted, () => true);
    },
  };
}

function bytesOfAll(opened: readonly OpenComponent[]): number {
  const sets = new Set(opened.map(({ set }) => set));
  return [...sets].reduce((sum, set) => sum + [...set.tensors.values()].reduce((bytes, tensor) => bytes + tensor.byteLength, 0), 0);
}

async function bytesOfFiles(files: readonly HashedFile[]): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += await withFile(file, async ({ size }) => size);
  return bytes;
}

/** Hashes files, each once. */
async function fingerprintFiles(files: readonly HashedFile[]): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const file of files) result[file.name] ??= await withFile(file, fingerprintFile);
  return result;
}

async function withFile<T>({ tree, path }: HashedFile, body: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = await tree.open(path);
  if (source === undefined) throw new AiprodError('bad-weights', 'a weight file vanished while it was in use', { where: path });
  try {
    return await body(source);
  } finally {
    await source.close?.();
  }
}
