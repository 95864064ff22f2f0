import { createHash } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { hostStoreFiles, ModelStore, writeSafetensors } from '../src/weights';
import { memoryModelFiles } from '../src/weights/testing';
import type { KeptToken } from './hub-token';
import { createModelLibrary } from './model-library';

const secret = 'hf_NobodyElseMayReadThis';
const revision = '0123456789abcdef0123456789abcdef01234567';
const weights = writeSafetensors(new Map([['x', { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }]]));

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The hub, which gives a model to whoever has the token; it and every other server note who asked with which. */
function stubServers(): { asked: [host: string, authorization: string | null][] } {
  const asked: [string, string | null][] = [];
  const list = {
    sha: revision,
    tags: ['license:apache-2.0'],
    siblings: [
      { rfilename: 'LICENSE', size: 4 },
      { rfilename: 'clips.safetensors', lfs: { size: weights.length, sha256: createHash('sha256').update(weights).digest('hex') } },
    ],
  };
  vi.stubGlobal('fetch', async (input: string, init?: RequestInit) => {
    const { host, pathname } = new URL(input);
    const headers = new Headers(init?.headers);
    asked.push([host, headers.get('authorization')]);
    if (host === 'hub.example' && headers.get('authorization') !== `Bearer ${secret}`) return new Response('', { status: 401 });
    if (pathname.startsWith('/api/')) return Response.json(list);
    if (pathname.endsWith('LICENSE')) return new Response('Free');
    return new Response(weights, { headers: { 'content-length': String(weights.length) } });
  });
  return { asked };
}

it('goes to the hub alone, and is in nothing that comes back, is kept or is logged', async () => {
  const { files, kept: stored } = memoryModelFiles();
  const { asked } = stubServers();
  const said: unknown[] = [];
  for (const level of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...line) => void said.push(line));
  let kept: KeptToken | undefined;
  const library = createModelLibrary({
    modelsAddress: () => 'https://page.example/models/',
    openStore: async () => new ModelStore(hostStoreFiles(files)),
    hub: () => 'https://hub.example',
    tokenMemory: {
      read: async () => kept,
      write: async (token) => void (kept = token),
      remove: async () => void (kept = undefined),
    },
    onClosed: async () => undefined,
  });
  const told = (progress: unknown): void => void said.push(progress);
  const source = 'someone/gated/clips.safetensors';

  expect(await library.hubToken()).toBeUndefined();
  const refused: unknown = await library.lookUpModel(source).catch((error: unknown) => error);
  expect(String(refused)).toContain('keep your token under Models');
  const wrong: unknown = await library.keepHubToken(`${secret} and more`).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: 'bad-usage' });
  said.push(refused, wrong, await library.keepHubToken(` ${secret}\n`), await library.hubToken());
  asked.length = 0;

  said.push(await library.lookUpModel(source));
  const location = await library.locate(`offered:${source}`);
  expect((await location.tree.open(location.path))?.size).toBe(weights.length);
  said.push(await library.fetchModel(source, false, told), await library.verifyModel('clips', told), await library.listModels());
  expect(new Set(asked.map(String))).toEqual(new Set([`hub.example,Bearer ${secret}`]));
  asked.length = 0;
  said.push(await library.fetchModel('https://other.example/others.safetensors', true, told));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.every(([, authorization]) => authorization === null)).toBe(true);

  await library.forgetHubToken();
  expect(kept).toBeUndefined();
  said.push(await library.lookUpModel(source).catch((error: unknown) => error));
  const words = said.map((each) => `${String(each)} ${each instanceof Error ? each.stack : ''} ${JSON.stringify(each)}`).join('\n');
  expect(words).toContain('clips.safetensors');
  expect(stored.size).toBeGreaterThan(2);
  for (const blob of stored.values()) expect(await blob.text()).not.toContain(secret);
  expect(words).not.toContain(secret);
  expect(words).not.toContain('Bearer');
});
