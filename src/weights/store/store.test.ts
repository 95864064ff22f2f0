import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AiprodError } from '../../errors';
import { openNodeFolder } from '../file-tree-node';
import { chunkBytes, modelName, storedPath } from './manifest';
import { isOpenLicence } from './licence';
import { hubOrigin, isHubId, urlOrigin } from './origins';
import { ModelStore } from './store';
import { nodeStoreFiles } from './store-files-node';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that differ from piece to piece. */
const content = Uint8Array.from({ length: 2 * chunkBytes + 12345 }, (_, k) => (k * 31 + (k >> 11)) & 255);

/** How the server of a test behaves; a test changes it as it goes. */
interface Behaviour {
  body: Uint8Array;
  etag: string | undefined;
  ranges: boolean;
  /** Ends the connection after this many bytes of each of the next answers. */
  cuts: number[];
  /** Statuses of the next answers. */
  statuses: number[];
  statesLength: boolean;
}

let folder = '';
let server: Server;
let address = '';
let behaviour: Behaviour;
let requests: IncomingMessage[];
let hubAnswer: unknown;
const waits: number[] = [];
const wait = async (seconds: number): Promise<void> => void waits.push(seconds);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-store-'));
  behaviour = { body: content, etag: '"one"', ranges: true, cuts: [], statuses: [], statesLength: true };
  requests = [];
  waits.length = 0;
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  address = `http://127.0.0.1:${bound.port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests.push(request);
  if (request.url?.startsWith('/api/models/') === true) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(hubAnswer));
    return;
  }
  const status = behaviour.statuses.shift();
  if (status !== undefined) {
    response.writeHead(status, status === 429 ? { 'retry-after': '7' } : {}).end();
    return;
  }
  const { body, etag } = behaviour;
  if (etag !== undefined) response.setHeader('etag', etag);
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const ifRange = request.headers['if-range'];
  const start = range !== undefined && behaviour.ranges && (ifRange === undefined || ifRange === etag) ? Number(range) : 0;
  if (start > 0) response.setHeader('content-range', `bytes ${start}-${body.length - 1}/${body.length}`);
  if (behaviour.statesLength) response.setHeader('content-length', body.length - start);
  response.writeHead(start > 0 ? 206 : 200);
  const cut = behaviour.cuts.shift();
  if (cut === undefined) response.end(body.subarray(start));
  else response.write(body.subarray(start, start + cut), () => response.destroy());
}

const store = (): ModelStore => new ModelStore(nodeStoreFiles(join(folder, 'models')));
const remote = (extra: { bytes?: number; sha256?: string } = {}): ReturnType<typeof urlOrigin> => {
  const model = urlOrigin(`${address}/weights.safetensors`);
  return { ...model, files: model.files.map((file) => ({ ...file, ...extra })) };
};
const stored = (name: string): Promise<Buffer> => readFile(join(folder, 'models', name, 'weights.safetensors'));

async function errorOf(work: Promise<unknown>): Promise<AiprodError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AiprodError)) throw new Error(`expected a typed error, got ${String(error)}`);
  return error;
}

describe('adding by address', () => {
  it('stores the file, notes its hash and says how far it is', async () => {
    const progress: number[] = [];
    const manifest = await store().add('tiny', remote(), { wait, onProgress: ({ bytes }) => progress.push(bytes) });
    expect(Buffer.compare(await stored('tiny'), content)).toBe(0);
    expect(manifest.files).toMatchObject([{ bytes: content.length, sha256: sha256(content) }]);
    expect(manifest.files[0].chunks).toHaveLength(3);
    expect(progress).toEqual([chunkBytes, 2 * chunkBytes, content.length]);
    expect(await store().list()).toMatchObject([{ name: 'tiny', state: 'whole' }]);
  });

  it('goes on after dropped connections, asking only for what is missing', async () => {
    behaviour.cuts = [chunkBytes + 1000, chunkBytes + 7];
    await store().add('tiny', remote({ sha256: sha256(content) }), { wait });
    expect(Buffer.compare(await stored('tiny'), content)).toBe(0);
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${chunkBytes}-`, `bytes=${2 * chunkBytes}-`]);
    expect(requests[1].headers['if-range']).toBe('"one"');
  });

  it('goes on in another process, also when bytes of unknown worth were written after the last whole piece', async () => {
    behaviour.cuts = [chunkBytes + 5, 0, 0, 0, 0, 0];
    const error = await errorOf(store().add('tiny', remote(), { wait }));
    expect(error.code).toBe('network-failure');
    expect(error.message).toContain('what has arrived is kept');
    const download = { origin: remote().origin, bytes: chunkBytes };
    expect(await store().list()).toEqual([{ name: 'tiny', state: 'begun', download }]);
    await appendFile(join(folder, 'models', 'tiny', 'weights.safetensors'), 'garbage');
    behaviour.cuts = [];
    requests = [];
    await store().add('tiny', remote(), { wait });
    expect(requests.map(({ headers }) => headers.range)).toEqual([`bytes=${chunkBytes}-`]);
    expect(Buffer.compare(await stored('tiny'), content)).toBe(0);
  });

  it('begins anew when the file on the server changed, or ranges are not offered', async () => {
    behaviour.cuts = [chunkBytes + 5, 0, 0, 0, 0, 0];
    await errorOf(store().add('tiny', remote(), { wait }));
    behaviour = { ...behaviour, body: content.map((byte) => byte ^ 1), etag: '"two"', cuts: [] };
    await store().add('tiny', remote(), { wait });
    expect(Buffer.compare(await stored('tiny'), behaviour.body)).toBe(0);

    behaviour = { ...behaviour, ranges: false, cuts: [chunkBytes + 5] };
    await store().add('other', remote(), { wait });
    expect(Buffer.compare(await stored('other'), behaviour.body)).toBe(0);
  });

  it('takes a file of a server that does not state its length', async () => {
    behaviour.statesLength = false;
    await store().add('tiny', remote(), { wait });
    expect(Buffer.compare(await stored('tiny'), content)).toBe(0);
  });

  it('waits as long as a busy server asks, and gives up on one that stays busy', async () => {
    behaviour.statuses = [429, 503];
    await store().add('tiny', remote(), { wait });
    expect(waits).toEqual([7, 2]);
    behaviour.statuses = new Array<number>(20).fill(503);
    expect((await errorOf(store().add('other', remote(), { wait }))).message).toContain('503');
    expect(requests.length).toBeLessThan(12);
  });

  it.each([401, 403, 404])('says what status %i means', async (status) => {
    behaviour.statuses = [status];
    const error = await errorOf(store().add('tiny', remote(), { wait }));
    expect(error.message).toContain(`status ${status}`);
    expect(error.details.hint).toBeDefined();
    expect(requests).toHaveLength(1);
  });

  it('refuses another length than was stated, and another hash, which it does not keep', async () => {
    expect((await errorOf(store().add('tiny', remote({ bytes: content.length + 1 }), { wait }))).message).toContain(
      `${content.length} bytes`,
    );
    const error = await errorOf(store().add('tiny', remote({ sha256: sha256(new Uint8Array(1)) }), { wait }));
    expect(error.message).toContain('hash');
    await expect(stored('tiny')).rejects.toThrow('ENOENT');
    expect(await store().find('tiny')).toBeUndefined();
    await store().add('tiny', remote(), { wait });
  });

  it('refuses what does not fit on the disk before anything is fetched', async () => {
    const files = { ...nodeStoreFiles(join(folder, 'models')), freeBytes: async () => 1000 };
    const error = await errorOf(new ModelStore(files).add('tiny', remote({ bytes: content.length }), { wait }));
    expect(error.code).toBe('storage-full');
    expect(requests).toHaveLength(0);
  });

  it('can be cancelled and goes on later', async () => {
    const controller = new AbortController();
    const acceptance = { licence: 'open-weights', at: '2026-11-30T12:00:00.000Z' };
    const terms = { ...remote({ bytes: content.length }), licence: 'open-weights' };
    const adding = store().add('tiny', terms, { wait, acceptance, signal: controller.signal, onProgress: () => controller.abort() });
    expect((await errorOf(adding)).code).toBe('cancelled');
    // All that is needed to go on is in its note; what was agreed to needs no second yes.
    const { origin, licence } = terms;
    expect(await store().begun('tiny')).toEqual({ origin, licence, acceptance, bytes: chunkBytes, totalBytes: content.length });
    expect(await store().add('tiny', terms, { wait })).toMatchObject({ acceptance });
    expect(Buffer.compare(await stored('tiny'), content)).toBe(0);
  });
});

describe('the hub', () => {
  const commit = 'a'.repeat(40);
  const file = (rfilename: string, bytes: Uint8Array) => ({
    rfilename,
    size: bytes.length,
    lfs: { sha256: sha256(bytes), size: bytes.length },
  });
  beforeEach(() => {
    behaviour.body = content.subarray(0, 1000);
    hubAnswer = {
      sha: commit,
      tags: ['license:other'],
      cardData: { license: 'other', license_name: 'open-weights' },
      siblings: [
        { rfilename: 'README.md', size: 5 },
        { rfilename: 'model_index.json', size: 1000 },
        { rfilename: 'LICENSE.txt', size: 1000 },
        { rfilename: 'vae/config.json', size: 1000 },
        file('vae/diffusion_pytorch_model.safetensors', behaviour.body),
        file('vae/diffusion_pytorch_model.fp16.safetensors', behaviour.body),
        { rfilename: 'vae/diffusion_pytorch_model.bin', size: 1000 },
        file('whole-2b.safetensors', behaviour.body),
      ],
    };
  });

  it('chooses the files of a whole model, pinned to a commit, with its licence', async () => {
    const model = await hubOrigin('owner/name', { hub: address, token: 'secret' });
    expect(model.licence).toBe('open-weights');
    expect(model.origin).toEqual({ kind: 'hub', location: 'owner/name', revision: commit });
    expect(model.files.map(({ path }) => path)).toEqual([
      'model_index.json',
      'LICENSE.txt',
      'vae/config.json',
      'vae/diffusion_pytorch_model.safetensors',
    ]);
    expect(requests[0].headers.authorization).toBe('Bearer secret');
    expect(model.licenceFile).toMatchObject({ path: 'LICENSE.txt', bytes: 1000 });
    expect(model.licenceLink).toBe(`${address}/owner/name/blob/${commit}/LICENSE.txt`);
    await store().add('name', model, { wait });
    expect(requests.at(-1)?.url).toBe(`/owner/name/resolve/${commit}/vae/diffusion_pytorch_model.safetensors`);
    expect(await (await store().tree('name')).list()).toContain('vae/config.json');
  });

  it('takes one file by its name, and lists what there is when there is none of that name', async () => {
    const model = await hubOrigin('owner/name/whole-2b.safetensors', { hub: address });
    expect(model.files).toMatchObject([{ path: 'whole-2b.safetensors', bytes: 1000, sha256: sha256(behaviour.body) }]);
    const error = await errorOf(hubOrigin('owner/name/other.safetensors', { hub: address }));
    expect(error.message).toContain('whole-2b.safetensors');
  });

  it('leaves out files whose paths would leave the folder', async () => {
    hubAnswer = {
      sha: commit,
      siblings: [{ rfilename: 'model_index.json' }, { rfilename: '../x.json' }, { rfilename: 'vae/..\\..\\x.json' }],
    };
    expect((await hubOrigin('owner/name', { hub: address })).files.map(({ path }) => path)).toEqual(['model_index.json']);
  });

  it('says so when the answer is something else', async () => {
    hubAnswer = { error: 'x' };
    expect((await errorOf(hubOrigin('owner/name', { hub: address }))).message).toContain('something else than a model');
  });
});

describe('checking and removing', () => {
  it('finds the damaged piece, a missing file and a longer one', async () => {
    await store().add('tiny', remote(), { wait });
    expect(await store().verify('tiny')).toEqual([
      { path: 'weights.safetensors', damaged: [], bytes: { expected: content.length, found: content.length } },
    ]);
    const path = join(folder, 'models', 'tiny', 'weights.safetensors');
    const damaged = content.slice();
    damaged[chunkBytes + 3] ^= 4;
    await writeFile(path, damaged);
    expect(await store().verify('tiny')).toMatchObject([{ damaged: [1] }]);
    await appendFile(path, new Uint8Array(chunkBytes));
    expect(await store().verify('tiny')).toMatchObject([{ damaged: [1, 2, 3] }]);
    await rm(path);
    expect(await store().verify('tiny')).toMatchObject([{ damaged: [0, 1, 2], bytes: { found: 0 } }]);
  });

  it('notes what a check found, and fetches a damaged file again from its first damaged piece on', async () => {
    await store().add('tiny', remote({ bytes: content.length, sha256: sha256(content) }), { wait });
    const path = join(folder, 'models', 'tiny', 'weights.safetensors');
    const damaged = content.slice();
    damaged[chunkBytes + 3] ^= 4;
    await writeFile(path, damaged);
    await store().verify('tiny');
    expect(await store().find('tiny')).toMatchObject({ check: { damaged: ['weights.safetensors'] }, files: [{ stated: true }] });
    requests = [];
    // Cut off in its last piece: the next attempt needs that one alone.
    behaviour.cuts = [chunkBytes + 7, 0, 0, 0, 0, 0];
    expect((await errorOf(store().mend('tiny', 'weights.safetensors', { wait }))).code).toBe('network-failure');
    behaviour.cuts = [];
    await store().mend('tiny', 'weights.safetensors', { wait });
    expect(requests.at(0)?.headers.range).toBe(`bytes=${chunkBytes}-`);
    expect(requests.at(-1)?.headers.range).toBe(`bytes=${2 * chunkBytes}-`);
    expect(Buffer.compare(await stored('tiny'), content)).toBe(0);
    expect(await store().find('tiny')).toMatchObject({ check: { damaged: [] } });

    // A file that is another one now is not taken for the old.
    await writeFile(path, damaged);
    behaviour = { ...behaviour, body: content.map((byte) => byte ^ 1) };
    expect((await errorOf(store().mend('tiny', 'weights.safetensors', { wait }))).message).toContain('hash');
    expect((await errorOf(store().mend('tiny', 'other.safetensors', { wait }))).code).toBe('bad-usage');
  });

  it('notes a model that stays where it is, and removes only the note', async () => {
    const own = join(folder, 'own.safetensors');
    await writeFile(own, content);
    const tree = await openNodeFolder(folder);
    const manifest = await store().addReference('own', own, tree, ['own.safetensors']);
    expect(manifest).toMatchObject({ stored: false, files: [{ sha256: sha256(content) }] });
    expect(await store().verify('own', tree)).toMatchObject([{ damaged: [] }]);
    await store().remove('own');
    expect(await store().list()).toEqual([]);
    expect((await readFile(own)).length).toBe(content.length);
  });

  it('refuses names that are taken, not there, or no names', async () => {
    await store().add('tiny', remote(), { wait });
    expect((await errorOf(store().add('tiny', remote(), { wait }))).message).toContain('already');
    expect((await errorOf(store().remove('other'))).message).toContain('tiny');
    for (const name of ['../x', 'embedded', '', 'A', '.x', 'x/y'])
      expect((await errorOf(store().add(name, remote(), { wait }))).code).toBe('bad-usage');
    expect((await errorOf(store().remove('..'))).code).toBe('bad-input');
  });

  it('says so when a note is damaged', async () => {
    await store().add('tiny', remote(), { wait });
    await writeFile(join(folder, 'models', 'tiny', 'aiprod-model.json'), '{"manifest":1}');
    expect((await errorOf(store().list())).message).toContain('damaged');
  });
});

describe('names, paths and addresses', () => {
  it.each(['a/../b', '..', '/a', 'a//b', 'a\\b', 'c:d', 'a/.', 'a ', 'x\u0000y', 'a.'])('refuses the path %j', (path) => {
    expect(storedPath.safeParse(path).success).toBe(false);
  });
  it.each(['model.safetensors', 'vae/config.json', 'ü-1.gguf'])('takes the path %j', (path) => {
    expect(storedPath.safeParse(path).success).toBe(true);
  });
  it.each(['ftp://x/y.safetensors', 'https://me:pass@x/y.safetensors', 'https://x/', 'https://x/page.html', 'nonsense'])(
    'refuses %s',
    (text) => {
      expect(() => urlOrigin(text)).toThrow(AiprodError);
    },
  );
  it('tells licences that lay no condition on use', () => {
    expect(['apache-2.0', 'MIT', 'bsd-3-clause'].map(isOpenLicence)).toEqual([true, true, true]);
    expect(['openrail', 'cc-by-nc-4.0', 'other', '', undefined].map(isOpenLicence)).toEqual([false, false, false, false, false]);
  });
  it('tells hub ids', () => {
    expect(['owner/name', 'owner/name/file.gguf', 'a/b.c'].map(isHubId)).toEqual([true, true, true]);
    expect(['name', './x', '../x/y', '/a/b', 'a/../b'].map(isHubId)).toEqual([false, false, false, false, false]);
    expect(modelName.safeParse('ltx-2b.0_9').success).toBe(true);
  });
});
