import { z } from 'zod';
import { AiprodError } from '../errors';
import { joinPath, type FileTree } from './file-tree';
import { parseStrictJson } from './strict-json';
import { openWeightSet, type WeightSet } from './weight-set';

/** The class that a component was saved from. */
export interface ComponentClass {
  readonly library: string;
  readonly className: string;
}

/** Parsed JSON whose fields the reader still has to check. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A model saved as a diffusers folder: `model_index.json` names the components, each in a folder of its own with its config
 * and weights.
 */
export interface ModelFolder {
  readonly name: string;
  readonly tree: FileTree;
  /** Class of the pipeline, for example LTXPipeline. */
  readonly pipelineClass: string;
  /** Components that the index gives a class; those with null are absent by diffusers' convention. */
  readonly components: ReadonlyMap<string, ComponentClass>;
  /** All of model_index.json. */
  readonly index: JsonObject;
  /** The component's config. @throws AiprodError 'bad-weights' when it is missing or no JSON object. */
  config(component: string): Promise<JsonObject>;
  /** The component's weights, open; close them when done. */
  weights(component: string): Promise<WeightSet>;
  /** A text file of the component, for example vocab.json; undefined when it is not there. */
  readText(component: string, file: string): Promise<string | undefined>;
  /** A binary file of the component, whole; undefined when it is not there. */
  readBytes(component: string, file: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

const INDEX_FILE = 'model_index.json';
/** Names of config files, by component; others use config.json. */
const CONFIG_FILES: Readonly<Record<string, string>> = {
  scheduler: 'scheduler_config.json',
  tokenizer: 'tokenizer_config.json',
};
const JSON_LIMITS = { depth: 32, keys: 100_000 };

const componentSchema = z.tuple([z.string(), z.string()]);
const objectSchema = z.record(z.string(), z.unknown());

/** Whether a tree holds a model folder. */
export async function hasModelIndex(tree: FileTree): Promise<boolean> {
  return (await tree.list()).includes(INDEX_FILE);
}

/**
 * Opens a model folder; reads only its index.
 * @throws AiprodError 'bad-weights' when there is no valid model_index.json.
 */
export async function openModelFolder(tree: FileTree): Promise<ModelFolder> {
  const index = await readJsonObject(tree, INDEX_FILE);
  const pipelineClass = index._class_name;
  if (typeof pipelineClass !== 'string') {
    throw new AiprodError('bad-weights', 'the model index names no pipeline', {
      where: `${tree.name}/${INDEX_FILE}`,
      expected: '"_class_name": "LTXPipeline" or the like',
      found: String(pipelineClass),
    });
  }
  const components = new Map<string, ComponentClass>();
  for (const [name, value] of Object.entries(index)) {
    const parsed = componentSchema.safeParse(value);
    if (parsed.success) components.set(name, { library: parsed.data[0], className: parsed.data[1] });
  }
  return {
    name: tree.name,
    tree,
    pipelineClass,
    components,
    index,
    config: (component) => readJsonObject(tree, joinPath(component, CONFIG_FILES[component] ?? 'config.json')),
    weights: (component) => openWeightSet(tree, component),
    readText: (component, file) => tree.readText(joinPath(component, file)),
    readBytes: (component, file) => readFileOf(tree, joinPath(component, file)),
  };
}

/** A small binary file, whole; undefined when it is not there. */
export async function readFileOf(tree: FileTree, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const source = await tree.open(path);
  if (source === undefined) return undefined;
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

/**
 * A JSON file that holds an object.
 * @throws AiprodError 'bad-weights' when it is missing or holds something else.
 */
export async function readJsonObject(tree: FileTree, path: string): Promise<JsonObject> {
  const where = `${tree.name}/${path}`;
  const text = await tree.readText(path);
  if (text === undefined) {
    throw new AiprodError('bad-weights', 'the file is not there', {
      where,
      expected: 'a model in the diffusers layout',
      hint: 'Check the folder and that the download is complete',
    });
  }
  const parsed = objectSchema.safeParse(parseStrictJson(text, where, JSON_LIMITS));
  if (!parsed.success)
    throw new AiprodError('bad-weights', 'the file holds no JSON object', { where, found: parsed.error.issues[0].message });
  return parsed.data;
}
