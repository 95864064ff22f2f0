import { createServer, type Server } from 'node:http';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { root, runAiprod, type Ended } from './testing/run-script';

// The first run in a checkout bundles the command.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const weights = join(root, 'fixtures', 'golden', 'ltx_transformer', 'weights.safetensors');
let folder = '';
let server: Server;
let address = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-models-'));
  const embedded = join(root, 'public', 'models', 'embedded');
  const paths = ['model_index.json', 'vae/config.json', 'vae/diffusion_pytorch_model.safetensors'];
  server = createServer((request, response) => {
    const path = paths.find((candidate) => request.url?.endsWith(`/${candidate}`));
    if (request.url?.startsWith('/api/models/owner/tiny-video/') === true) {
      const siblings = paths.map((rfilename) => ({ rfilename }));
      response.end(JSON.stringify({ sha: 'b'.repeat(40), tags: ['license:apache-2.0'], siblings }));
    } else if (path !== undefined) response.end(readFileSync(join(embedded, path)));
    else if (request.url === '/weights.safetensors') response.end(readFileSync(weights));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  address = `http://127.0.0.1:${bound.port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const models = (...args: string[]): Promise<Ended> =>
  runAiprod(['models', ...args], { cwd: folder, env: { AIPROD_MODELS: join(folder, 'store'), HF_ENDPOINT: address } });

describe('aiprod models', () => {
  it('adds by address, hub id and path, lists, verifies and removes', async () => {
    const added = await models('add', `${address}/weights.safetensors`, '--name', 'by-address', '--json');
    expect(added).toMatchObject({ code: 0 });
    expect(JSON.parse(added.stdout)).toMatchObject({ name: 'by-address', stored: true, origin: { kind: 'url' } });

    const fromHub = await models('add', 'owner/tiny-video');
    expect(fromHub).toMatchObject({ code: 0 });
    expect(fromHub.stdout).toContain('licence apache-2.0');

    copyFileSync(weights, join(folder, 'Mine v2.safetensors'));
    expect(await models('add', 'Mine v2.safetensors')).toMatchObject({ code: 0 });

    const listed: unknown = JSON.parse((await models('list', '--json')).stdout);
    expect(listed).toMatchObject([
      { name: 'embedded' },
      { name: 'by-address', state: 'whole' },
      { name: 'mine-v2', origin: { kind: 'path' } },
      { name: 'tiny-video', licence: 'apache-2.0', origin: { revision: 'b'.repeat(40) } },
    ]);

    expect(await models('verify', 'tiny-video')).toMatchObject({ code: 0 });
    expect(await models('verify', 'by-address')).toMatchObject({ code: 0 });
    const stored = join(folder, 'store', 'by-address', 'weights.safetensors');
    const bytes = readFileSync(stored);
    bytes.set([0, 0, 192, 127], bytes.length - 4);
    writeFileSync(stored, bytes);
    const damaged = await models('verify', 'by-address');
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toContain('differ from their hash');
    expect(damaged.stdout).toContain('NaN');

    expect(await models('remove', 'mine-v2')).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, 'Mine v2.safetensors'))).toBe(true);
    expect(await models('remove', 'by-address')).toMatchObject({ code: 0 });
    expect(existsSync(stored)).toBe(false);
  });

  it('refuses what is not there, each in words', async () => {
    const refused = [
      ['add', 'nonsense'],
      ['add', `${address}/other.safetensors`],
      ['add', 'owner/unknown'],
      ['verify', 'unknown'],
      ['remove', 'unknown'],
    ];
    const all = await Promise.all(refused.map(async (args) => ({ args, ended: await models(...args) })));
    for (const { args, ended } of all) {
      expect(ended.code, args.join(' ')).toBe(2);
      expect(ended.stderr).toMatch(/[a-z]{3,}/);
      expect(ended.stderr).not.toContain('    at ');
    }
  });
});
