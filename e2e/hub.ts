import type { Page, Route } from '@playwright/test';
import { createHash } from 'node:crypto';

/** Files of a repository: paths, and contents in base64. */
export type RepositoryFiles = readonly (readonly [path: string, content: string])[];

const hub = 'https://huggingface.co';
const revision = '0123456789abcdef0123456789abcdef01234567';

/**
 * Stands in for the hub at the browser's network: answers for one repository as the hub does, with its list of files, ranges and entity tags.
 * @returns paths that were asked for, in order
 */
export async function serveHub(page: Page, repository: string, files: RepositoryFiles): Promise<string[]> {
  const contents = new Map(files.map(([path, content]) => [path, Buffer.from(content, 'base64')]));
  const asked: string[] = [];
  const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };
  const list = {
    sha: revision,
    tags: ['license:apache-2.0'],
    siblings: Array.from(contents, ([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      lfs: rfilename.endsWith('.safetensors') ? { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } : null,
    })),
  };
  await page.context().route(`${hub}/**`, async (route: Route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    if (route.request().method() === 'OPTIONS') {
      return route.fulfill({ status: 204, headers: { ...headers, 'access-control-allow-headers': '*' } });
    }
    if (pathname === `/api/models/${repository}/revision/main`) return route.fulfill({ headers, json: list });
    const bytes = contents.get(decodeURIComponent(pathname.replace(`/${repository}/resolve/${revision}/`, '')));
    if (bytes === undefined) return route.fulfill({ status: 404, headers });
    const range = /^bytes=(\d+)-$/.exec((await route.request().allHeaders()).range ?? '')?.[1];
    const start = Number(range ?? 0);
    return route.fulfill({
      status: range === undefined ? 200 : 206,
      headers: {
        ...headers,
        etag: `"${createHash('sha1').update(bytes).digest('hex')}"`,
        ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
      },
      body: bytes.subarray(start),
    });
  });
  return asked;
}
