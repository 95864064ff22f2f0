import type { Page, Route } from '@playwright/test';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Files of a repository: paths, and contents in base64. */
export type RepositoryFiles = readonly (readonly [path: string, content: string])[];

/** How the hub answers for a file from a byte on: whole, up to another byte, or with a status of its own. */
export type HubAnswer = 'whole' | { readonly upTo: number } | { readonly status: number };

export interface HubOptions {
  /** As the model card names it. */
  readonly licence?: string;
  /** What becomes of a request; whole where left out. A promise that stays open is a server that does not answer. */
  readonly answer?: (path: string, start: number) => HubAnswer | Promise<HubAnswer>;
}

const hub = 'https://huggingface.co';
const revision = '0123456789abcdef0123456789abcdef01234567';

/**
 * Stands in for the hub at the browser's network: answers for one repository as the hub does, with its list of files, ranges and entity tags.
 * @returns paths that were asked for, in order; of a part of a file with its first byte, `PATH from 8388608`
 */
export async function serveHub(
  page: Page,
  repository: string,
  files: RepositoryFiles,
  { licence = 'apache-2.0', answer = () => 'whole' }: HubOptions = {},
): Promise<string[]> {
  const contents = new Map(files.map(([path, content]) => [path, Buffer.from(content, 'base64')]));
  const asked: string[] = [];
  const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };
  const list = {
    sha: revision,
    tags: [`license:${licence}`],
    siblings: Array.from(contents, ([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      lfs: rfilename.endsWith('.safetensors') ? { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } : null,
    })),
  };
  await page.context().route(`${hub}/**`, async (route: Route) => {
    const { pathname } = new URL(route.request().url());
    if (route.request().method() === 'OPTIONS') {
      return route.fulfill({ status: 204, headers: { ...headers, 'access-control-allow-headers': '*' } });
    }
    if (pathname === `/api/models/${repository}/revision/main` || pathname === `/api/models/${repository}/revision/${revision}`) {
      asked.push(pathname);
      return route.fulfill({ headers, json: list });
    }
    const path = decodeURIComponent(pathname.replace(`/${repository}/resolve/${revision}/`, ''));
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec((await route.request().allHeaders()).range ?? '') ?? [];
    const start = Number(first ?? 0);
    asked.push(start === 0 ? pathname : `${pathname} from ${start}`);
    const bytes = contents.get(path);
    if (bytes === undefined) return route.fulfill({ status: 404, headers });
    // Headers are read in short ranges, also before anything is fetched.
    const reply = first === undefined || last === '' ? await answer(path, start) : 'whole';
    if (reply !== 'whole' && 'status' in reply) return route.fulfill({ status: reply.status, headers: { ...headers, 'retry-after': '0' } });
    const end = reply === 'whole' ? (last ? Math.min(Number(last) + 1, bytes.length) : bytes.length) : reply.upTo;
    const isPart = first !== undefined || end < bytes.length;
    return route.fulfill({
      status: isPart ? 206 : 200,
      headers: {
        ...headers,
        etag: `"${createHash('sha1').update(bytes).digest('hex')}"`,
        ...(isPart ? { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` } : {}),
      },
      body: bytes.subarray(start, end),
    });
  });
  return asked;
}

/** The built-in model as somebody else's, with a licence of its own. */
export async function embeddedAsRepository(): Promise<RepositoryFiles> {
  const folder = 'public/models/embedded';
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && (entry.parentPath !== folder || entry.name === 'model_index.json'))
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [relative(folder, path), await readFile(path, 'base64')] as const;
      }),
  );
  // What is last has two pieces, between which a download can be stopped.
  const sorted = files.toSorted(([a], [b]) => a.localeCompare(b));
  return [...sorted, ['LICENSE', Buffer.from('Clips may be made on Sundays only.').toString('base64')] as const];
}
