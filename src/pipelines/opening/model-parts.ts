import { AiprodError } from '../../errors';
import { parseTextEncoderConfig, textEncoderConfigOfTensors, type TextEncoderConfig } from '../../models';
import { openTokenizer, type Tokenizer } from '../../text';
import {
  ggufT5Config,
  isGgufT5,
  joinPath,
  openWeightSet,
  parametersOf,
  readFileOf,
  readJsonObject,
  t5Parameters,
  type FileTree,
} from '../../weights';
import type { OpenComponent } from './component-weights';

/** A weight file or a folder in a tree; '' is the tree itself. */
export interface PartLocation {
  readonly tree: FileTree;
  readonly path: string;
}

const WEIGHT_FILE = /\.(safetensors|gguf|safetensors\.index\.json)$/;

/** Whether a path is one of weights, or of an index of them. */
export const isWeightFile = (path: string): boolean => WEIGHT_FILE.test(path);

const t5Tokenizer = 'Put spiece.model of google/t5-v1_1-xxl (Apache-2.0, 800 KB) into the folder of the text encoder';
const TOKENIZER_FILES = ['tokenizer.json', 'spiece.model', 'vocab.json'];

/** A file or folder that may be a part, beside the checkpoint: the first of the names that is there. */
export async function findBeside(
  { tree, path }: PartLocation,
  folders: readonly string[],
  file: RegExp,
): Promise<PartLocation | undefined> {
  const folder = folderOf(path);
  const files = (await tree.list()).filter((other) => WEIGHT_FILE.test(other) && other !== path);
  for (const name of folders) {
    const candidate = joinPath(folder, name);
    const inside = files.filter((other) => other.startsWith(`${candidate}/`) && !other.slice(candidate.length + 1).includes('/'));
    const fitting = inside.length > 1 ? inside.filter((other) => file.test(baseName(other))) : inside;
    if (fitting.length === 1 && inside.length > 1) return { tree, path: fitting[0] };
    if (inside.length > 0) return { tree, path: candidate };
  }
  const beside = files.filter((other) => folderOf(other) === folder && file.test(baseName(other)));
  return beside.length === 1 ? { tree, path: beside[0] } : undefined;
}

/** A text encoder, its configuration and its tokenizer. */
export interface OpenTextEncoder extends OpenComponent {
  readonly config: TextEncoderConfig;
  readonly tokenizer: Tokenizer;
}

/**
 * Opens a T5 encoder from a folder, a file of its own or a checkpoint that holds one.
 *
 * @param others folders in which its tokenizer may lie too
 * @throws AiprodError 'bad-weights' when its weights or its tokenizer are missing, with where to get them.
 */
export async function openTextEncoder(location: PartLocation, others: readonly PartLocation[]): Promise<OpenTextEncoder> {
  const { tree, path } = location;
  const set = await openWeightSet(tree, await weightsPath(location));
  try {
    const stored = parametersOf(set);
    const source = t5Parameters(stored);
    const [file] = set.files;
    const folder = WEIGHT_FILE.test(path) ? folderOf(path) : folderOf(pathInTree(tree, file.name));
    const config = await configWithField(tree, folder, ['d_model']);
    const shapes = new Map([...source.names()].map((name) => [name, source.shape(name)]));
    const derived = (): TextEncoderConfig =>
      isGgufT5(stored.names())
        ? parseTextEncoderConfig(ggufT5Config(set.metadata, stored), set.name)
        : textEncoderConfigOfTensors(set.name, shapes);
    return {
      source,
      set,
      tree,
      config: config === undefined ? derived() : parseTextEncoderConfig(config, `${tree.name}/${folder}`),
      tokenizer: await findTokenizer([{ tree, path: folder }, { tree, path: folderOf(folder) }, ...others], set.name, t5Tokenizer),
    };
  } catch (error) {
    await set.close();
    throw error;
  }
}

/** A whole model's folder has its text encoder one level down. */
export async function weightsPath({ tree, path }: PartLocation): Promise<string> {
  if (WEIGHT_FILE.test(path)) return path;
  const inside = joinPath(path, 'text_encoder');
  return (await tree.list()).some((file) => file.startsWith(`${inside}/`)) ? inside : path;
}

/** config.json beside the weights, when it is a text encoder's and not the whole model's: it has a field of the encoder's alone. */
export async function configWithField(
  tree: FileTree,
  folder: string,
  fields: readonly string[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const path = joinPath(folder, 'config.json');
  if (!(await tree.list()).includes(path)) return undefined;
  const config = await readJsonObject(tree, path);
  return fields.some((field) => field in config) ? config : undefined;
}

/** @param hint where to get one */
export async function findTokenizer(places: readonly PartLocation[], encoder: string, hint: string): Promise<Tokenizer> {
  for (const { tree, path } of places) {
    const files = await tree.list();
    for (const folder of [path, joinPath(path, 'tokenizer')]) {
      if (!TOKENIZER_FILES.some((file) => files.includes(joinPath(folder, file)))) continue;
      return openTokenizer({
        name: `${tree.name}/${folder}`,
        readText: (file) => tree.readText(joinPath(folder, file)),
        readBytes: (file) => readFileOf(tree, joinPath(folder, file)),
      });
    }
  }
  throw new AiprodError('bad-weights', 'there is no tokenizer for the text encoder', {
    where: encoder,
    expected: 'tokenizer.json or spiece.model beside it, or in a folder named tokenizer',
    found: 'none of them',
    hint,
  });
}

/** `a/b` of `a/b/c`; '' at the top. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Path in its tree of an open file, from the file's name. */
export function pathInTree(tree: FileTree, name: string): string {
  // A tree on a web server has a slash at the end of its name already.
  const prefix = tree.name.endsWith('/') ? tree.name : `${tree.name}/`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
