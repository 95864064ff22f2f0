import { AiprodError } from '../../errors';
import { parseTextEncoderConfig, textEncoderConfigOfTensors, type TensorShapes, type TextEncoderConfig } from '../../models';
import { ggufTokenizer, openTokenizer, type Tokenizer } from '../../text';
import {
  ggufT5Config,
  isGgufT5,
  joinPath,
  openWeightSet,
  parametersOf,
  readFileOf,
  readJsonObject,
  recogniseArchitectures,
  t5Parameters,
  type Architecture,
  type FileTree,
  type ParameterSource,
  type WeightSet,
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

/** Where tokenizers are found, by the family of the encoder. */
const tokenizerHints = {
  t5: 'Put spiece.model of google/t5-v1_1-xxl (Apache-2.0, 800 KB) into the folder of the text encoder',
  umt5: 'Put tokenizer.json or spiece.model of google/umt5-xxl (Apache-2.0, 4 to 17 MB) into the folder of the text encoder',
};
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
 * Opens a T5 or UMT5 encoder from a folder, a file of its own or a checkpoint that holds one.
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
    const own = config === undefined ? derived() : parseTextEncoderConfig(config, `${tree.name}/${folder}`);
    const places = [{ tree, path: folder }, { tree, path: folderOf(folder) }, ...others];
    const tokenizer =
      (await tokenizerInside(stored)) ??
      (await tokenizerIn(places, [umt5Folder])) ??
      (file.values === undefined ? undefined : ggufTokenizer(file.values, set.name));
    if (tokenizer === undefined) throw noTokenizer(set.name, tokenizerHints[own.model_type]);
    requireVocabulary(tokenizer, own);
    return { source, set, tree, config: own, tokenizer };
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

/** Where the official releases of Wan 2.1 have the tokenizer. */
const umt5Folder = 'google/umt5-xxl';

/** Ids beyond the table of embeddings would be read as anything. */
function requireVocabulary({ name, vocabularySize }: Tokenizer, { vocab_size }: TextEncoderConfig): void {
  if (vocabularySize <= vocab_size) return;
  throw new AiprodError('bad-weights', 'the tokenizer does not belong to the text encoder', {
    where: name,
    expected: `at most ${vocab_size} tokens`,
    found: `${vocabularySize}`,
  });
}

/** The tokenizer that ComfyUI's repackaged encoders carry as a tensor of bytes; they know of no tokens beyond its pieces. */
async function tokenizerInside(stored: ParameterSource): Promise<Tokenizer | undefined> {
  const name = 'spiece_model';
  if (!stored.has(name)) return undefined;
  const { bytes } = await stored.read(name);
  return openTokenizer({
    name: `${stored.name} ${name}`,
    readText: (file) => Promise.resolve(file === 'tokenizer_config.json' ? '{"extra_ids":0}' : undefined),
    readBytes: (file) => Promise.resolve(file === 'spiece.model' ? bytes : undefined),
  });
}

/**
 * A tokenizer in one of some places, or in a folder `tokenizer` there.
 * @param encoder for messages
 * @param hint where to get one
 */
export async function findTokenizer(places: readonly PartLocation[], encoder: string, hint: string): Promise<Tokenizer> {
  const found = await tokenizerIn(places);
  if (found === undefined) throw noTokenizer(encoder, hint);
  return found;
}

/** @param folders further folders in each place */
async function tokenizerIn(places: readonly PartLocation[], folders: readonly string[] = []): Promise<Tokenizer | undefined> {
  for (const { tree, path } of places) {
    const files = await tree.list();
    for (const folder of [path, joinPath(path, 'tokenizer'), ...folders.map((name) => joinPath(path, name))]) {
      if (!TOKENIZER_FILES.some((file) => files.includes(joinPath(folder, file)))) continue;
      return openTokenizer({
        name: `${tree.name}/${folder}`,
        readText: (file) => tree.readText(joinPath(folder, file)),
        readBytes: (file) => readFileOf(tree, joinPath(folder, file)),
      });
    }
  }
  return undefined;
}

function noTokenizer(encoder: string, hint: string): AiprodError {
  return new AiprodError('bad-weights', 'there is no tokenizer for the text encoder', {
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

type Recognised<Kind extends Architecture['kind']> = Extract<Architecture, { kind: Kind }>;

/** What a file holds of a kind of model; undefined where it holds none. */
export function recognised<Kind extends Architecture['kind']>(source: ParameterSource, kind: Kind): Recognised<Kind> | undefined {
  const isOfKind = (architecture: Architecture): architecture is Recognised<Kind> => architecture.kind === kind;
  return recogniseArchitectures(shapesOf(source).shapes).find(isOfKind);
}

/** The shapes of all tensors. */
export function shapesOf(source: ParameterSource): TensorShapes {
  return { name: source.name, shapes: new Map([...source.names()].map((tensor) => [tensor, source.shape(tensor)])) };
}

/** What weights are recognised as. */
export function kindsOf(set: WeightSet): Set<Architecture['kind']> {
  return new Set(recogniseArchitectures(shapesOf(parametersOf(set)).shapes).map(({ kind }) => kind));
}

/** A file of diffusers has its configuration beside it. */
export async function configBeside({ tree, path }: PartLocation): Promise<Readonly<Record<string, unknown>> | undefined> {
  const file = joinPath(/\.\w+$/.test(path) ? folderOf(path) : path, 'config.json');
  return (await tree.list()).includes(file) ? readJsonObject(tree, file) : undefined;
}
