import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { fetchSource } from './byte-source-web';
import type { ByteSource } from './byte-source';

const content = Uint8Array.from({ length: 200_000 }, (_, k) => (k * 31 + (k >> 8)) & 255);

let server: Server | undefined;
afterEach(() => server?.close());

/** What the server does with one request after another for a range: see `answer`. */
type Deed = 'serve' | 'busy' | 'cut' | 'hang up' | 'other version' | 'whole';

function answer(deed: Deed, request: IncomingMessage, response: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = content.subarray(Number(first), Number(last) + 1);
  const etag = deed === 'other version' ? '"2"' : '"1"';
  const range = { 'content-range': `bytes ${first}-${last}/${content.length}`, 'content-length': part.length, etag };
  if (deed === 'busy') response.writeHead(503, { 'retry-after': '3' }).end();
  else if (deed === 'hang up') request.socket.destroy();
  else if (deed === 'whole') response.writeHead(200, { 'content-length': content.length }).end(content);
  else if (deed === 'cut') {
    response.writeHead(206, range);
    response.write(part.subarray(0, part.length >> 1), () => request.socket.destroy());
  } else response.writeHead(206, range).end(part);
}

/** The file on a server that does as told, then serves. */
async function open(deeds: Deed[], waits: number[] = []): Promise<{ source: ByteSource; ranges: string[] }> {
  const ranges: string[] = [];
  server = createServer((request, response) => {
    ranges.push(request.headers.range ?? '');
    answer(ranges.length === 1 ? 'serve' : (deeds.shift() ?? 'serve'), request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const source = await fetchSource(`http://127.0.0.1:${address.port}/file`, {
    wholeUpTo: 0,
    wait: async (seconds) => void waits.push(seconds),
  });
  if (source === undefined) throw new Error('the server has no file');
  return { source, ranges };
}

it('goes on where a connection was cut, and waits as long as a busy server says', async () => {
  const waits: number[] = [];
  const { source, ranges } = await open(['cut', 'busy', 'hang up', 'cut'], waits);
  expect(await source.read(1000, 100_000)).toEqual(content.slice(1000, 101_000));
  expect(waits).toEqual([1, 3, 4, 1]);
  expect(ranges).toHaveLength(6);
  expect(ranges[1]).toBe('bytes=1000-100999');
  expect(Number(/\d+/.exec(ranges[5])?.[0])).toBeGreaterThan(1000);
});

it('gives up on a server that stays busy', async () => {
  const waits: number[] = [];
  const { source } = await open(new Array<Deed>(6).fill('busy'), waits);
  await expect(source.read(0, 10)).rejects.toThrow(/status 503/);
  expect(waits).toHaveLength(5);
});

it.each(['other version', 'whole'] as const)('refuses what is no part of the file that was opened: %s', async (deed) => {
  const { source } = await open(['cut', deed]);
  await expect(source.read(0, 50_000)).rejects.toThrow(/no longer serves this range/);
});
