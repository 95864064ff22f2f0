import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AwsClient } from 'aws4fetch';
import { afterEach, expect, test } from 'vitest';
import type { DataSource } from '..';
import { gcsSource } from './gcs-source';
import { openDataset, type Dataset, type DatasetAccess } from '../open-dataset';
import { openClip } from '../preprocess/media-files';
import { hubSource } from './hub-source';
import { s3Source } from './s3-source';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const packed = fileURLToPath(new URL('../packed/fixtures/', import.meta.url));

/** Larger than what is fetched whole would be slow here; ranges are asked for by reading part of a file. */
const content = Uint8Array.from({ length: 5000 }, (_, k) => (k * 31 + (k >> 8)) & 255);
const files: Readonly<Record<string, Uint8Array>> = {
  'set/a clip+1.mp4': content,
  'set/deep/ü&b.txt': new TextEncoder().encode('caption'),
  'set/z.txt': new TextEncoder().encode('z'),
  'other/c.txt': new TextEncoder().encode('c'),
  ...Object.fromEntries(
    ['hub/train-00000.parquet', 'shards/clips-000000.tar'].map((name) => [name, new Uint8Array(readFileSync(join(packed, name)))]),
  ),
};

/** What every source of these files has to say. */
async function check(source: DataSource): Promise<void> {
  expect((await source.list('')).map(({ path, size }) => `${path} ${size}`)).toEqual(['a clip+1.mp4 5000', 'deep/ü&b.txt 7', 'z.txt 1']);
  expect((await source.list('deep')).map(({ path }) => path)).toEqual(['deep/ü&b.txt']);
  expect(await source.list('nothing')).toEqual([]);
  const info = await source.stat('a clip+1.mp4');
  expect(info).toMatchObject({ path: 'a clip+1.mp4', size: 5000 });
  expect(info?.version).toBeTruthy();
  expect(await source.stat('none.mp4')).toBeUndefined();
  const file = await source.open('a clip+1.mp4');
  expect(file.size).toBe(5000);
  expect(await file.read(1000, 50)).toEqual(content.slice(1000, 1050));
  const text = await source.open('deep/ü&b.txt');
  expect(new TextDecoder().decode(await text.read(0, text.size))).toBe('caption');
  await expect(source.open('none.mp4')).rejects.toThrow(/none\.mp4: the file is not there/);
}

/** Tables and shards at a place: samples of both, one of them read, and once more from the cache. */
async function checkPacked(open: (folder: string, more: DatasetAccess) => Promise<Dataset>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-cache-'));
  closing.push(() => rm(folder, { recursive: true }));
  for (const [place, id, caption] of [
    ['hub', 'train-00000/0000001', 'bars'],
    ['shards', 'clips-000000/deep/b', 'bars'],
  ]) {
    for (const epoch of [0, 1]) {
      const { source, set, cache } = await open(place, { cache: { folder, budget: 1e6 } });
      const item = set.items.find((candidate) => candidate.id === id);
      expect(item?.caption).toBe(caption);
      const clip = await openClip(source, item?.video ?? '', new AbortController().signal);
      expect(clip.description).toMatch(/vp09/);
      await clip.close();
      expect(cache?.().hitRate).toBe(epoch);
    }
  }
}

type Answer = (request: IncomingMessage, url: URL, body: string, response: ServerResponse) => void;

/** A server of ours that speaks a protocol. */
async function serve(answer: Answer): Promise<string> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, new URL(request.url ?? '/', 'http://x'), body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}

function sendFile(bytes: Uint8Array | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (bytes === undefined) return void response.writeHead(404).end();
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range === null) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1);
  const headers = { 'content-range': `bytes ${range[1]}-${range[2]}/${bytes.length}`, 'content-length': part.length };
  response.writeHead(206, headers).end(part);
}

const json = (response: ServerResponse, value: unknown, headers = {}): void =>
  void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

/** Whether a request is signed with a secret: Signature Version 4 from AWS's description of it, apart from the library that we sign with. */
function isSigned({ method = '', url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>, secret: string): boolean {
  const parts = /Credential=[^/]+\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)/.exec(
    headers.authorization ?? '',
  );
  if (parts === null) return false;
  const [, day, region, names, signature] = parts;
  const [path, query = ''] = url.split('?');
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...new URLSearchParams(query)].map(([key, value]) => `${encode(key)}=${encode(value)}`).sort();
  const signed = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const request = [method, path, pairs.join('&'), signed.join(''), names, String(headers['x-amz-content-sha256'])].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, createHash('sha256').update(request).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secret}`, day), region));
  return hmac(key, text).toString('hex') === signature;
}

test('S3: s3rver, behind a check of signatures that knows the one AWS documents', async () => {
  // "GET Bucket (List Objects)" of AWS's page on the Authorization header.
  const documented = {
    method: 'GET',
    url: '/?max-keys=2&prefix=J',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  };
  expect(isSigned(documented, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')).toBe(true);
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-s3-'));
  closing.push(() => rm(folder, { recursive: true }));
  // s3rver has no types of its own, and does not check signatures of version 4.
  const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => {
    run(): Promise<{ port: number }>;
    close(): Promise<void>;
  };
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'data', configs: [] }],
  });
  const { port } = await server.run();
  closing.push(() => server.close());
  const endpoint = await serve((request, _, __, response) => {
    if (!isSigned(request, 'S3RVER')) return void response.writeHead(403).end();
    const { host: _host, ...headers } = request.headers;
    const onward = ask({ port, host: '127.0.0.1', path: request.url, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.end();
  });
  const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const client = new AwsClient({ ...keys, service: 's3', region: 'us-east-1', retries: 0 });
  for (const [key, bytes] of Object.entries(files)) {
    const address = `http://127.0.0.1:${port}/data/${key.split('/').map(encodeURIComponent).join('/')}`;
    expect((await client.fetch(address, { method: 'PUT', body: new Uint8Array(bytes) })).status).toBe(200);
  }
  await check(s3Source({ bucket: 'data', prefix: 'set', endpoint, keys }));
  const access = { endpoint, keys, cache: { folder: join(folder, 'cache'), budget: 1e6 } };
  expect((await openDataset('s3://data/set', access)).set.items).toEqual([{ id: 'a clip+1', video: 'a clip+1.mp4' }]);
  await checkPacked((place, more) => openDataset(`s3://data/${place}`, { endpoint, keys, ...more }));
  const forged = s3Source({ bucket: 'data', prefix: 'set', endpoint, keys: { ...keys, secretAccessKey: 'other' } });
  await expect(forged.list('')).rejects.toThrow(/refuses the request.*status 403/);
});

test('S3: lists in pages, with entities in keys and tokens; a server of ours', async () => {
  const endpoint = await serve((_, url, __, response) => {
    const token = url.searchParams.get('continuation-token');
    const keys = token === 'a&b' ? ['p/c.txt'] : ['p/', 'p/a&amp;&#x41;.txt', 'p/b.txt'];
    const contents = keys.map((key) => `<Contents><Key>${key}</Key><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>`).join('');
    const next = token === null ? '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>' : '';
    response.end(`<?xml version="1.0"?><ListBucketResult>${contents}${next}</ListBucketResult>`);
  });
  const files = await s3Source({ bucket: 'data', prefix: 'p', endpoint }).list('');
  expect(files.map(({ path, version }) => `${path} ${version}`)).toEqual(['a&A.txt "e"', 'b.txt "e"', 'c.txt "e"']);
});

test('Google Cloud Storage: a server of ours with its JSON API, pages and tokens; busy at first', async () => {
  let busy = 1;
  const endpoint = await serve((request, url, _, response) => {
    if (request.headers.authorization !== 'Bearer secret') return void response.writeHead(401).end();
    if (busy-- > 0) return void response.writeHead(503, { 'retry-after': '0' }).end();
    const name = /^\/storage\/v1\/b\/data\/o\/([^/]+)$/.exec(url.pathname)?.[1];
    const object = (key: string): object => ({ name: key, size: String(files[key].length), generation: '17' });
    if (name === undefined) {
      const found = Object.keys(files)
        .sort()
        .filter((key) => key.startsWith(url.searchParams.get('prefix') ?? ''));
      const page = Number(url.searchParams.get('pageToken') ?? 0);
      const items = found.slice(page, page + 2).map(object);
      return json(response, {
        ...(items.length > 0 ? { items } : {}),
        ...(page + 2 < found.length ? { nextPageToken: String(page + 2) } : {}),
      });
    }
    const key = decodeURIComponent(name);
    if (url.searchParams.get('alt') === 'media') return sendFile(files[key], request, response);
    return key in files ? json(response, object(key)) : void response.writeHead(404).end();
  });
  await check(gcsSource({ bucket: 'data', prefix: 'set', endpoint, token: 'secret' }));
  expect((await openDataset('gs://data/set', { endpoint, token: 'secret' })).set.items).toHaveLength(1);
  await checkPacked((place, more) => openDataset(`gs://data/${place}`, { endpoint, token: 'secret', ...more }));
  await expect(openDataset('ftp://data/set')).rejects.toThrow(/no data set at such an address/);
  await expect(gcsSource({ bucket: 'data', prefix: 'set', endpoint }).list('')).rejects.toThrow(/status 401.*token/);
});

test('Hugging Face data sets: a server of ours with the tree in pages, information on paths, and redirects to the content', async () => {
  const endpoint: string = await serve((request, url, body, response) => {
    const entry = (path: string): object => ({ type: 'file', path, size: files[path].length, oid: `oid-${path.length}` });
    const tree = /^\/api\/datasets\/me\/clips\/tree\/main\/?(.*)$/.exec(url.pathname);
    if (tree !== null) {
      const folder = decodeURIComponent(tree[1]);
      const found = Object.keys(files)
        .sort()
        .filter((path) => path.startsWith(`${folder}/`));
      if (found.length === 0) return void response.writeHead(404).end();
      const page = Number(url.searchParams.get('cursor') ?? 0);
      url.searchParams.set('cursor', String(page + 1));
      const next = page + 1 < found.length ? { link: `<${endpoint}${url.pathname}${url.search}>; rel="next"` } : {};
      return json(response, [{ type: 'directory', path: folder, size: 0, oid: 'd' }, entry(found[page])], next);
    }
    if (url.pathname === '/api/datasets/me/clips/paths-info/main') {
      const { paths } = JSON.parse(body) as { paths: string[] };
      return json(response, paths.filter((path) => path in files).map(entry));
    }
    const resolved = /^\/datasets\/me\/clips\/resolve\/main\/(.+)$/.exec(url.pathname);
    if (resolved !== null) return void response.writeHead(302, { location: `/cdn/${resolved[1]}` }).end();
    return sendFile(files[decodeURIComponent(url.pathname.slice('/cdn/'.length))], request, response);
  });
  await check(hubSource({ repository: 'me/clips', folder: 'set', endpoint }));
  expect((await openDataset('hf://datasets/me/clips@main/set', { endpoint })).set.items).toHaveLength(1);
  await checkPacked((place, more) => openDataset(`hf://datasets/me/clips/${place}`, { endpoint, ...more }));
});
