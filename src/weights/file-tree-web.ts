import type { ByteSource } from './byte-source';
import { blobSource, fetchSource, fetchText, type FetchSourceOptions } from './byte-source-web';
import type { FileTree } from './file-tree';

/** Settings of `fetchFileTree`. */
export interface FetchFileTreeOptions extends FetchSourceOptions {
  /**
   * The files that exist under the address. A web server cannot be listed; with this no request is made for a file that is
   * not there. Without it, paths are probed.
   */
  readonly files?: readonly string[];
}

/** Files of the embedded model under `public/models/embedded`. */
export const EMBEDDED_MODEL_FILES: readonly string[] = [
  'model_index.json',
  'scheduler/scheduler_config.json',
  'text_encoder/config.json',
  'text_encoder/model.safetensors',
  'tokenizer/tokenizer_config.json',
  'tokenizer/vocab.json',
  'transformer/config.json',
  'transformer/diffusion_pytorch_model.safetensors',
  'vae/config.json',
  'vae/diffusion_pytorch_model.safetensors',
];

/** Files of a folder that holds a text encoder in ONNX form; the second only of those with weights of their own. */
export const ONNX_ENCODER_FILES: readonly string[] = ['model.onnx', 'model.onnx_data', 'tokenizer.json', 'tokenizer_config.json'];

/** Names that a diffusers folder uses, for servers where nobody gave a list. */
const USUAL_FILES: readonly string[] = [
  ...EMBEDDED_MODEL_FILES,
  'text_encoder/model.safetensors.index.json',
  'transformer/diffusion_pytorch_model.safetensors.index.json',
  'tokenizer/tokenizer.json',
  'tokenizer/spiece.model',
];

/** A folder on a web server. */
export function fetchFileTree(address: string, options: FetchFileTreeOptions = {}): FileTree {
  const base = address.endsWith('/') ? address : `${address}/`;
  const url = (path: string): string => base + path.split('/').map(encodeURIComponent).join('/');
  const isThere = (path: string): boolean => options.files === undefined || options.files.includes(path);
  return {
    name: base,
    list: () => Promise.resolve(options.files ?? USUAL_FILES),
    open: (path) => (isThere(path) ? fetchSource(url(path), options) : Promise.resolve(undefined)),
    readText: (path) => (isThere(path) ? fetchText(url(path), options) : Promise.resolve(undefined)),
  };
}

/** Files that a person picked in the page (`<input webkitdirectory>` or a drop), by their path below the picked folder. */
export function blobFileTree(name: string, files: ReadonlyMap<string, Blob>): FileTree {
  return {
    name,
    list: () => Promise.resolve([...files.keys()].sort()),
    open(path) {
      const blob = files.get(path);
      return blob === undefined ? Promise.resolve(undefined) : Promise.resolve(sourceIn(name, path, blob));
    },
    readText: async (path) => files.get(path)?.text(),
  };
}

/** Folders of a model lie one level down; deeper ones belong to something else. */
const deepestFolder = 3;

/** A directory of the browser: of the origin's private file system, or a folder that the person gave access to. */
export function directoryFileTree(root: FileSystemDirectoryHandle): FileTree {
  const open = async (path: string): Promise<File | undefined> => {
    const parts = path.split('/');
    try {
      let directory = root;
      for (const part of parts.slice(0, -1)) directory = await directory.getDirectoryHandle(part);
      return await (await directory.getFileHandle(parts[parts.length - 1])).getFile();
    } catch (error) {
      if (error instanceof DOMException && (error.name === 'NotFoundError' || error.name === 'TypeMismatchError')) return undefined;
      throw error;
    }
  };
  return {
    name: root.name,
    list: async () => (await listDirectory(root, '', deepestFolder)).sort(),
    open: async (path) => {
      const file = await open(path);
      return file === undefined ? undefined : sourceIn(root.name, path, file);
    },
    readText: async (path) => (await open(path))?.text(),
  };
}

/** Named by its whole path: a file knows only its last part, by which nothing finds it again. */
function sourceIn(tree: string, path: string, blob: Blob): ByteSource {
  return { ...blobSource(blob), name: `${tree}/${path}` };
}

async function listDirectory(directory: FileSystemDirectoryHandle, prefix: string, depth: number): Promise<string[]> {
  const paths: string[] = [];
  for await (const handle of directory.values()) {
    if (handle.kind === 'file') paths.push(prefix + handle.name);
    else if (depth > 0 && isDirectory(handle)) paths.push(...(await listDirectory(handle, `${prefix}${handle.name}/`, depth - 1)));
  }
  return paths;
}

function isDirectory(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === 'directory';
}
