/** Servers of places that hold data: s3rver behind a check of signatures, and ours for what npm has no server of. For tests. */
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { z } from 'zod';

/** Files by their paths; those that are added later are there, too. */
export type ServedFiles = Readonly<Record<string, Uint8Array>>;

export interface RunningServer {
  readonly endpoint: string;
  close(): Promise<unknown>;
}

export type Answer = (request: IncomingMessage, url: URL, body: string, response: ServerResponse) => void;

/** A server of ours that speaks a protocol. */
export async function serve(answer: Answer): Promise<RunningServer> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, new URL(request.url ?? '/', 'http://x'), body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { endpoint: `http://127.0.0.1:${address.port}`, close };
}

function sendFile(bytes: Uint8Array | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (bytes === undefined) return void response.writeHead(404).end();
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range === null) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1);
  const headers = { 'content-range': `bytes ${range[1]}-${range[2]}/${bytes.length}`, 'content-length': part.length };
  response.writeHead(206, headers).end(part);
}

const pathsSchema = z.object({ paths: z.array(z.string()) });

const json = (response: ServerResponse, value: unknown, headers = {}): void =>
  void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

/** Whether a request is signed with a secret: Signature Version 4 from AWS's description of it, apart from the library that we sign with. */
export function isSigned({ method = '', url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>, secret: string): boolean {
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

const s3rverSchema = z.custom<
  new (options: object) => {
    run(): Promise<{ port: number }>;
    close(): Promise<void>;
  }
>((value) => typeof value === 'function');

/** Id and secret that s3rver knows. */
export const s3Keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** s3rver, with a bucket `data` that is reached by requests that are signed with {@link s3Keys}. */
export async function serveS3(files: ServedFiles): Promise<RunningServer & { put(files: ServedFiles): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-s3-'));
  // s3rver has no types of its own, and does not check signatures of version 4.
  const S3rver = s3rverSchema.parse(createRequire(import.meta.url)('s3rver'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'data', configs: [] }],
  });
  const { port } = await server.run();
  const front = await serve((request, _, __, response) => {
    if (!isSigned(request, s3Keys.secretAccessKey)) return void response.writeHead(403).end();
    const { host: _host, ...headers } = request.headers;
    const onward = ask({ port, host: '127.0.0.1', path: request.url, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.end();
  });
  const client = new AwsClient({ ...s3Keys, service: 's3', region: 'us-east-1', retries: 0 });
  const put = async (more: ServedFiles): Promise<void> => {
    for (const [key, bytes] of Object.entries(more)) {
      const address = `http://127.0.0.1:${port}/data/${key.split('/').map(encodeURIComponent).join('/')}`;
      const { status } = await client.fetch(address, { method: 'PUT', body: new Uint8Array(bytes) });
      if (status !== 200) throw new Error(`${key}: status ${status}`);
    }
  };
  await put(files);
  return {
    endpoint: front.endpoint,
    put,
    async close() {
      await front.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Google Cloud Storage's JSON API with a bucket `data`, in pages of two; the token is `secret`. @param busy requests that are put off */
export function serveGcs(files: ServedFiles, busy = 0): Promise<RunningServer> {
  let refused = busy;
  return serve((request, url, _, response) => {
    if (request.headers.authorization !== 'Bearer secret') return void response.writeHead(401).end();
    if (refused-- > 0) return void response.writeHead(503, { 'retry-after': '0' }).end();
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
}

/** The hub with a data set `me/clips`: its tree a file a page, information on paths, and redirects to the content. */
export async function serveHub(files: ServedFiles): Promise<RunningServer> {
  const server: RunningServer = await serve((request, url, body, response) => {
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
      const next = page + 1 < found.length ? { link: `<${server.endpoint}${url.pathname}${url.search}>; rel="next"` } : {};
      return json(response, [{ type: 'directory', path: folder, size: 0, oid: 'd' }, entry(found[page])], next);
    }
    if (url.pathname === '/api/datasets/me/clips/paths-info/main') {
      const { paths } = pathsSchema.parse(JSON.parse(body));
      return json(response, paths.filter((path) => path in files).map(entry));
    }
    const resolved = /^\/datasets\/me\/clips\/resolve\/main\/(.+)$/.exec(url.pathname);
    if (resolved !== null) return void response.writeHead(302, { location: `/cdn/${resolved[1]}` }).end();
    return sendFile(files[decodeURIComponent(url.pathname.slice('/cdn/'.length))], request, response);
  });
  return server;
}
