import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobSource, fetchSource } from './byte-source-web';
import { blobFileTree, fetchFileTree } from './file-tree-web';
import { openModelFolder } from './model-folder';
import { openNodeFile, openNodeFolder } from './node';
import { parametersOf } from './parameters';
import { openSafetensors } from './safetensors';
import { bytesOf, writeSafetensors } from './safetensors-writer';
import { refusalOf } from './testing';
import { openWeightSet } from './weight-set';

const tensor = (...values: number[]) => ({ dtype: 'F32', shape: [values.length], bytes: bytesOf(Float32Array.from(values)) }) as const;
const shard = (name: string, ...values: number[]): Uint8Array<ArrayBuffer> => writeSafetensors(new Map([[name, tensor(...values)]]));
const index = (map: Record<string, string>): string => JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });

const files: Record<string, string | Uint8Array<ArrayBuffer>> = {
  'model_index.json': JSON.stringify({
    _class_name: 'LTXPipeline',
    _diffusers_version: '0.32.0',
    transformer: ['diffusers', 'LTXVideoTransformer3DModel'],
    tokenizer: [null, null],
  }),
  'scheduler/scheduler_config.json': '{"shift": 1}',
  'tokenizer/vocab.json': '["<pad>"]',
  'transformer/config.json': '{"num_layers": 2}',
  'transformer/diffusion_pytorch_model.safetensors': shard('w', 1, 2),
  'text_encoder/config.json': '[]',
  'text_encoder/model.safetensors.index.json': index({ a: 'model-1.safetensors', b: 'model-2.safetensors' }),
  'text_encoder/model-1.safetensors': shard('a', 3),
  'text_encoder/model-2.safetensors': shard('b', 4),
  'escape/model.safetensors.index.json': index({ w: '../transformer/diffusion_pytorch_model.safetensors' }),
  'lost/model.safetensors.index.json': index({ a: 'model-1.safetensors', c: 'model-1.safetensors' }),
  'lost/model-1.safetensors': shard('a', 3),
  'gone/model.safetensors.index.json': index({ a: 'model-1.safetensors' }),
  'double/model.safetensors.index.json': index({ a: 'x.safetensors', b: 'y.safetensors' }),
  'double/x.safetensors': shard('a', 1),
  'double/y.safetensors': writeSafetensors(
    new Map([
      ['a', tensor(1)],
      ['b', tensor(2)],
    ]),
  ),
  'unclear/one.safetensors': shard('a', 1),
  'unclear/two.safetensors': shard('a', 1),
  'only/some.fp16.safetensors': shard('a', 1),
};

let root = '';
let server: Server;
let address = '';
const requests: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'aiprod-weights-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    const wantsRanges = path.startsWith('ranges/');
    const content = files[path.replace(/^(ranges|plain|spa)\//, '')];
    requests.push(`${path} ${request.headers.range ?? 'whole'}`);
    if (content === undefined) {
      if (path.startsWith('spa/')) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html></html>');
      else response.writeHead(path.endsWith('broken') ? 500 : 404).end();
      return;
    }
    const bytes = Buffer.from(content);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (!wantsRanges || range === null) {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      return;
    }
    const [begin, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
    response.writeHead(206, { 'content-range': `bytes ${begin}-${end}/${bytes.length}` }).end(bytes.subarray(begin, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  address = `http://127.0.0.1:${bound.port}`;
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

const trees = {
  disk: () => openNodeFolder(root),
  web: () => Promise.resolve(fetchFileTree(`${address}/plain`, { files: Object.keys(files) })),
  blobs: () =>
    Promise.resolve(blobFileTree('picked', new Map(Object.entries(files).map(([path, content]) => [path, new Blob([content])])))),
};

describe.each(Object.entries(trees))('a model folder from %s', (_, openTree) => {
  it('gives configs, weights and tokenizer files', async () => {
    const folder = await openModelFolder(await openTree());
    expect(folder.pipelineClass).toBe('LTXPipeline');
    expect([...folder.components]).toEqual([['transformer', { library: 'diffusers', className: 'LTXVideoTransformer3DModel' }]]);
    expect(await folder.config('transformer')).toEqual({ num_layers: 2 });
    expect(await folder.config('scheduler')).toEqual({ shift: 1 });
    expect(await folder.readText('tokenizer', 'vocab.json')).toBe('["<pad>"]');
    expect(await folder.readText('tokenizer', 'tokenizer.json')).toBeUndefined();
    expect(await folder.readBytes('tokenizer', 'spiece.model')).toBeUndefined();
    const weights = await folder.weights('transformer');
    expect(await parametersOf(weights).load('w')).toEqual(Float32Array.of(1, 2));
    await weights.close();
    await expect(folder.config('vae')).rejects.toThrow(/vae\/config.json: the file is not there/);
    await expect(folder.config('text_encoder')).rejects.toThrow(/holds no JSON object/);
  });

  it('joins shards', async () => {
    const weights = await openWeightSet(await openTree(), 'text_encoder');
    const parameters = parametersOf(weights);
    expect([...parameters.names()]).toEqual(['a', 'b']);
    expect(await parameters.load('b')).toEqual(Float32Array.of(4));
    await weights.close();
  });

  it('takes the only weights there are, or the file that is named', async () => {
    const tree = await openTree();
    const only = await openWeightSet(tree, 'only');
    expect(only.tensors.size).toBe(1);
    await only.close();
    const named = await openWeightSet(tree, 'unclear/two.safetensors');
    expect(named.tensors.size).toBe(1);
    await named.close();
  });

  const wrong: [path: string, message: RegExp][] = [
    ['escape', /index of shards is malformed.*same folder/],
    ['lost', /no tensor c/],
    ['gone', /weight file is not there/],
    ['double', /tensor a is in two shards/],
    ['unclear', /unclear which weights/],
    ['scheduler', /there are no weights/],
    ['absent.safetensors', /not there/],
  ];
  it.each(wrong)('refuses %s', async (path, message) => {
    const error = await refusalOf(openWeightSet(await openTree(), path));
    expect(error.code).toBe('bad-weights');
    expect(error.message).toMatch(message);
  });
});

describe('byte sources', () => {
  const path = 'transformer/diffusion_pytorch_model.safetensors';

  it('read by range where the server offers it and the file is large', async () => {
    requests.length = 0;
    const source = await fetchSource(`${address}/ranges/${path}`, { wholeUpTo: 0 });
    if (source === undefined) throw new Error('the file is there');
    const file = await openSafetensors(source);
    expect(await parametersOf(file).load('w')).toEqual(Float32Array.of(1, 2));
    expect(requests.every((request) => /bytes=\d+-\d+$/.test(request))).toBe(true);
    expect(requests).toHaveLength(4);
  });

  it('fetch a file whole when it is small, or the server knows no ranges, with progress', async () => {
    for (const kind of ['ranges', 'plain']) {
      const seen: [number, number | undefined][] = [];
      requests.length = 0;
      const source = await fetchSource(`${address}/${kind}/${path}`, { onProgress: (received, total) => seen.push([received, total]) });
      expect(source?.size).toBe(files[path].length);
      expect(seen.at(-1)).toEqual([files[path].length, files[path].length]);
      expect(requests).toHaveLength(kind === 'ranges' ? 2 : 1);
    }
  });

  it('tell a file that is not there from one that cannot be had', async () => {
    expect(await fetchSource(`${address}/plain/nothing`)).toBeUndefined();
    expect(await fetchSource(`${address}/spa/nothing.safetensors`)).toBeUndefined();
    expect(await refusalOf(fetchSource(`${address}/plain/broken`))).toMatchObject({ code: 'bad-input' });
    expect((await refusalOf(fetchSource(`${address}/plain/broken`))).message).toContain('status 500');
    await expect(fetchSource('http://127.0.0.1:1/x')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(fetchSource(`${address}/plain/${path}`, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('read Blobs and Files', async () => {
    const file = await openSafetensors(blobSource(new File([files[path]], 'mine.safetensors')));
    expect(file.name).toBe('mine.safetensors');
    expect(await parametersOf(file).load('w')).toEqual(Float32Array.of(1, 2));
  });

  it('say what is wrong with a path', async () => {
    expect(await refusalOf(openNodeFile(join(root, 'absent')))).toMatchObject({ code: 'bad-input' });
    expect((await refusalOf(openNodeFile(join(root, 'absent')))).message).toContain('ENOENT');
    await expect(openNodeFile(root)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(openNodeFolder(join(root, 'model_index.json'))).rejects.toThrow(/expected a folder; found a file/);
  });
});
