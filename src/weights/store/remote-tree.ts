import { fetchSource, fetchText } from '../byte-source-web';
import type { FileTree } from '../file-tree';
import type { RemoteModel } from './origins';

/** Files up to this size are fetched whole; of larger ones only the header is read, so that a model of 40 GB is known for some kB. */
const wholeUpTo = 256 * 1024;

/** The files of a model that is somewhere else, where they lie: what it will need is known before any of it is stored. */
export function remoteFileTree({ origin, files, headers }: RemoteModel, signal?: AbortSignal): FileTree {
  const urls = new Map(files.map(({ path, url }) => [path, url]));
  const options = { wholeUpTo, headers, ...(signal === undefined ? {} : { signal }) };
  return {
    name: origin.location,
    list: () => Promise.resolve([...urls.keys()].sort()),
    async open(path) {
      const url = urls.get(path);
      const source = url === undefined ? undefined : await fetchSource(url, options);
      // Named by its path: an address may say nothing of it.
      return source === undefined ? undefined : { ...source, name: `${origin.location}/${path}` };
    },
    async readText(path) {
      const url = urls.get(path);
      return url === undefined ? undefined : fetchText(url, options);
    },
  };
}
