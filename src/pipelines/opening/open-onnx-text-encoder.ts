import { AiprodError } from '../../errors';
import { encoderOutput, openOnnxEncoder, readOnnxInterface, type OnnxInterface, type OnnxRuntime } from '../../text';
import { joinPath, readFileOf, type FileTree } from '../../weights';
import type { HashedFile } from './component-weights';
import type { OnnxTextEncoder } from './text-encoder';
import { findTokenizer, folderOf, isWeightFile, type PartLocation } from './model-parts';

const ONNX_FILE = /\.onnx$/;
const TOKENIZER_HINT = 'Put the tokenizer.json that belongs to the encoder beside it';

/**
 * The ONNX file that a location names: itself, or what a folder without other weights holds, at its top or in a folder `onnx`. Undefined
 * where there is none.
 * @throws AiprodError 'bad-usage' when a folder holds several and none is named model.onnx
 */
export async function findOnnxModel({ tree, path }: PartLocation): Promise<PartLocation | undefined> {
  if (ONNX_FILE.test(path)) return { tree, path };
  const files = await tree.list();
  if (files.some((file) => folderOf(file) === path && isWeightFile(file))) return undefined;
  for (const folder of [path, joinPath(path, 'onnx')]) {
    const inside = files.filter((file) => folderOf(file) === folder && ONNX_FILE.test(file));
    const usual = joinPath(folder, 'model.onnx');
    if (inside.length === 0) continue;
    if (inside.length === 1 || inside.includes(usual)) return { tree, path: inside.length === 1 ? inside[0] : usual };
    throw new AiprodError('bad-usage', 'the folder holds several ONNX models', {
      where: `${tree.name}/${folder}`,
      expected: 'one, or one named model.onnx',
      found: inside.join(', '),
      hint: 'Name the file itself',
    });
  }
  return undefined;
}

/**
 * Opens a text encoder in ONNX form: its tokenizer, and what its file says of itself. The model is loaded when prompts are encoded.
 *
 * @param loadRuntime onnxruntime-web of the place where this runs (`loadOnnxRuntime`)
 * @throws AiprodError 'bad-weights' when the file is damaged or no tokenizer lies beside it; 'unsupported-model' when it gives no states.
 */
export async function openOnnxTextEncoder({ tree, path }: PartLocation, loadRuntime: () => Promise<OnnxRuntime>): Promise<OnnxTextEncoder> {
  const name = `${tree.name}/${path}`;
  const folder = folderOf(path);
  const above = folderOf(folder);
  const places = [folder, ...(folder === above ? [] : [above])];
  const tokenizer = await findTokenizer(
    places.map((place) => ({ tree, path: place })),
    name,
    TOKENIZER_HINT,
  );
  const { outputs } = await interfaceOf(tree, path);
  const output = encoderOutput(
    outputs.map((value) => value.name),
    undefined,
    name,
  );
  const parts = [path, `${path}_data`, ...places.flatMap((place) => [joinPath(place, 'tokenizer.json'), joinPath(place, 'spiece.model')])];
  const files: HashedFile[] = [];
  for (const part of parts) {
    const hashed = `text_encoder/${part.slice(part.lastIndexOf('/') + 1)}`;
    if (!files.some((file) => file.name === hashed) && (await isThere(tree, part))) files.push({ tree, path: part, name: hashed });
  }
  return {
    kind: 'onnx',
    name,
    width: outputs.find((value) => value.name === output)?.dims[2],
    maxLength: tokenizer.maxLength,
    files,
    async open(maxLength) {
      const source = {
        name: tree.name,
        readText: (file: string) => tree.readText(file),
        readBytes: (file: string) => readFileOf(tree, file),
      };
      return openOnnxEncoder(source, await loadRuntime(), { file: path, output, maxLength, tokenizer });
    },
  };
}

/** Asked of the file itself: a web server cannot be listed. */
async function isThere(tree: FileTree, path: string): Promise<boolean> {
  const source = await tree.open(path);
  await source?.close?.();
  return source !== undefined;
}

async function interfaceOf(tree: FileTree, path: string): Promise<OnnxInterface> {
  const source = await tree.open(path);
  if (source === undefined) {
    throw new AiprodError('bad-weights', 'the model is not there', { where: `${tree.name}/${path}`, expected: 'an ONNX file' });
  }
  try {
    return await readOnnxInterface(source);
  } finally {
    await source.close?.();
  }
}
