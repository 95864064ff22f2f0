import { describe, expect, it } from 'vitest';
import {
  answerKept,
  cacheName,
  dropOtherBuilds,
  fillPrecache,
  keptWhenAsked,
  keyForRequest,
  rangeOf,
  type Caches,
  type PrecacheEntry,
} from './precache';

const base = 'https://host.example/studio/';
const entries: PrecacheEntry[] = [
  { url: 'index.html', revision: 'r1' },
  { url: 'assets/index-abc.js', revision: null },
  { url: 'models/embedded/vae/model.safetensors', revision: 'r2' },
];

/** Cache Storage in memory, as far as it is used. */
function memoryCaches(): { caches: Caches; stored: Map<string, Map<string, Response>> } {
  const stored = new Map<string, Map<string, Response>>();
  const caches: Caches = {
    open: (name: string) => {
      const files = stored.get(name) ?? new Map<string, Response>();
      stored.set(name, files);
      return Promise.resolve({ put: (key: string, response: Response) => Promise.resolve(void files.set(key, response)) });
    },
    keys: () => Promise.resolve([...stored.keys()]),
    delete: (name: string) => Promise.resolve(stored.delete(name)),
    match: (key: string) =>
      Promise.resolve(
        [...stored.values()]
          .map((files) => files.get(key))
          .find((found) => found !== undefined)
          ?.clone(),
      ),
  };
  return { caches, stored };
}

const addressOf = (input: RequestInfo | URL): string => (input instanceof Request ? input.url : input.toString());

describe('the offline copy', () => {
  it('fetches each file once, and for a new build only what changed', async () => {
    const { caches, stored } = memoryCaches();
    const fetched: string[] = [];
    const load: typeof fetch = (input) => {
      fetched.push(addressOf(input));
      return Promise.resolve(new Response('content'));
    };
    await fillPrecache(entries, base, caches, load);
    expect(fetched.sort()).toEqual([`${base}assets/index-abc.js`, `${base}index.html`, `${base}models/embedded/vae/model.safetensors`]);
    const next = [{ url: 'index.html', revision: 'r9' }, ...entries.slice(1)];
    fetched.length = 0;
    await fillPrecache(next, base, caches, load);
    expect(fetched).toEqual([`${base}index.html`]);
    expect(stored.size).toBe(2);
    await dropOtherBuilds(next, caches);
    expect([...stored.keys()]).toEqual([await cacheName(next)]);
  });

  it('keeps nothing of a build that could not be fetched whole', async () => {
    const { caches, stored } = memoryCaches();
    const load: typeof fetch = (input) => Promise.resolve(new Response('', { status: addressOf(input).endsWith('.js') ? 404 : 200 }));
    await expect(fillPrecache(entries, base, caches, load)).rejects.toThrow('answered 404');
    expect(stored.size).toBe(0);
  });

  it('answers files by address and navigations with the start page', () => {
    const ask = (url: string, mode: RequestMode = 'cors', method = 'GET') => keyForRequest({ url, mode, method }, entries, base);
    expect(ask(`${base}assets/index-abc.js`)).toBe(`${base}assets/index-abc.js`);
    expect(ask(`${base}index.html?source=pwa#x`)).toBe(`${base}index.html?__revision=r1`);
    expect(ask(base, 'navigate')).toBe(`${base}index.html?__revision=r1`);
    expect(ask(`${base}missing.js`)).toBeUndefined();
    expect(ask(base, 'navigate', 'POST')).toBeUndefined();
    expect(ask('https://other.example/', 'navigate')).toBeUndefined();
  });

  /** One cache in memory, whatever its name. */
  function oneCache() {
    const files = new Map<string, Response>();
    const cache = {
      match: async (url: string) => files.get(url)?.clone(),
      put: async (url: string, response: Response) => void files.set(url, response),
      keys: async () => Array.from(files.keys(), (url) => ({ url })),
      delete: async (url: string) => files.delete(url),
    };
    return { files, caches: { open: async () => cache } };
  }

  it('knows what is kept when it is first asked for', () => {
    const font = `${base}assets/noto-sans-jp-12-wght-normal-Ab_1-x.woff2`;
    const core = `${base}converter/1.0.0/ffmpeg-core.wasm`;
    const others = [`${base}assets/index-abc.js`, 'https://other.example/a-wght-normal-x.woff2', 'https://other.example/converter/a.js'];
    const kept = [font, core, ...others].map((url) => keptWhenAsked({ url, method: 'GET' }, base));
    expect(kept).toEqual(['fonts-of-titles', 'converter', undefined, undefined, undefined]);
    expect(keptWhenAsked({ url: core, method: 'HEAD' }, base)).toBeUndefined();
  });

  it('keeps a font of titles when it is first asked for, and not what a server answers instead', async () => {
    const address = `${base}assets/noto-sans-jp-12-wght-normal-Ab_1-x.woff2`;
    const { caches } = oneCache();
    const answers = [new Response('', { status: 503 }), new Response('a font')];
    const load = async (): Promise<Response> => answers.shift() ?? Response.error();
    expect((await answerKept(address, 'fonts-of-titles', caches, load)).status).toBe(503);
    expect(await (await answerKept(address, 'fonts-of-titles', caches, load)).text()).toBe('a font');
    // No network by now.
    expect(await (await answerKept(address, 'fonts-of-titles', caches, load)).text()).toBe('a font');
  });

  it('keeps one version of the converter', async () => {
    const { files, caches } = oneCache();
    const load = async (url: string): Promise<Response> => new Response(url);
    for (const name of ['1.0.0/a.js', '1.0.0/a.wasm', '1.0.1/a.js', '1.0.1/a.wasm'])
      await answerKept(`${base}converter/${name}`, 'converter', caches, load);
    expect([...files.keys()]).toEqual([`${base}converter/1.0.1/a.js`, `${base}converter/1.0.1/a.wasm`]);
  });

  it('cuts ranges out of stored files', async () => {
    const part = await rangeOf(new Response('0123456789', { headers: { 'Content-Encoding': 'gzip' } }), 'bytes=2-4');
    expect(part?.status).toBe(206);
    expect(part?.headers.get('Content-Range')).toBe('bytes 2-4/10');
    expect(part?.headers.has('Content-Encoding')).toBe(false);
    expect(await part?.text()).toBe('234');
    expect(await (await rangeOf(new Response('0123456789'), 'bytes=7-'))?.text()).toBe('789');
    expect(await rangeOf(new Response('0123456789'), 'bytes=20-')).toBeUndefined();
  });
});
