import { z } from 'zod';
import type { DataSource, SourceFile } from '../data-source';
import { readJson } from './gcs-source';
import { ask, encodePath, folderPrefix, webSource, withToken } from './web-source';

/** A data set of the Hugging Face hub. */
export interface HubPlace {
  /** `owner/name` */
  readonly repository: string;
  /** Folder of it; '' is the whole. */
  readonly folder: string;
  /** Branch, tag or commit. Default main. */
  readonly revision?: string;
  /** Default https://huggingface.co */
  readonly endpoint?: string;
  readonly token?: string;
}

const entrySchema = z.looseObject({ type: z.string(), path: z.string(), size: z.number().default(0), oid: z.string().optional() });

/** Files of a data set by the hub's tree, pages of it included, and their content by ranges. */
export function hubSource({
  repository,
  folder: root,
  revision = 'main',
  endpoint = 'https://huggingface.co',
  token,
}: HubPlace): DataSource {
  const hub = endpoint.replace(/\/$/, '');
  const start = folderPrefix(root);
  const at = encodeURIComponent(revision);
  const send = withToken(token);
  const filesOf = (entries: readonly z.output<typeof entrySchema>[]): SourceFile[] =>
    entries
      .filter(({ type }) => type === 'file')
      .map(({ path, size, oid }) => ({ path: path.slice(start.length), size, ...(oid === undefined ? {} : { version: oid }) }));
  return webSource({
    name: `hf://datasets/${repository}/${root}`.replace(/\/$/, ''),
    fetch: send,
    urlOf: (path) => `${hub}/datasets/${repository}/resolve/${at}/${encodePath(start + path)}`,
    async list(folder, signal) {
      const files: SourceFile[] = [];
      const below = encodePath((start + folder).replace(/\/$/, ''));
      let page: string | undefined = `${hub}/api/datasets/${repository}/tree/${at}${below === '' ? '' : `/${below}`}?recursive=true`;
      while (page !== undefined) {
        const response = await ask(send, page, { signal });
        files.push(...filesOf((await readJson(response, z.array(entrySchema), page)) ?? []));
        page = /<([^>]+)>;\s*rel="next"/.exec(response?.headers.get('link') ?? '')?.[1];
      }
      return files;
    },
    async stat(path, signal) {
      const address = `${hub}/api/datasets/${repository}/paths-info/${at}`;
      const body = JSON.stringify({ paths: [start + path] });
      const response = await ask(send, address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal });
      return filesOf((await readJson(response, z.array(entrySchema), address)) ?? []).at(0);
    },
  });
}
