import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { DataSource } from '..';
import { gcsSource } from './gcs-source';
import { openDataset, type Dataset, type DatasetAccess } from '../open-dataset';
import { openClip } from '../preprocess/media-files';
import { isSigned, s3Keys, serve, serveGcs, serveHub, serveS3 } from '../testing/remote-servers';
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
  const { endpoint, close } = await serveS3(files);
  closing.push(close);
  const keys = s3Keys;
  await check(s3Source({ bucket: 'data', prefix: 'set', endpoint, keys }));
  expect((await openDataset('s3://data/set', { endpoint, keys })).set.items).toEqual([{ id: 'a clip+1', video: 'a clip+1.mp4' }]);
  await checkPacked((place, more) => openDataset(`s3://data/${place}`, { endpoint, keys, ...more }));
  const forged = s3Source({ bucket: 'data', prefix: 'set', endpoint, keys: { ...keys, secretAccessKey: 'other' } });
  await expect(forged.list('')).rejects.toThrow(/refuses the request.*status 403/);
});

test('S3: lists in pages, with entities in keys and tokens; a server of ours', async () => {
  const { endpoint, close } = await serve((_, url, __, response) => {
    const token = url.searchParams.get('continuation-token');
    const keys = token === 'a&b' ? ['p/c.txt'] : ['p/', 'p/a&amp;&#x41;.txt', 'p/b.txt'];
    const contents = keys.map((key) => `<Contents><Key>${key}</Key><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>`).join('');
    const next = token === null ? '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>' : '';
    response.end(`<?xml version="1.0"?><ListBucketResult>${contents}${next}</ListBucketResult>`);
  });
  closing.push(close);
  const files = await s3Source({ bucket: 'data', prefix: 'p', endpoint }).list('');
  expect(files.map(({ path, version }) => `${path} ${version}`)).toEqual(['a&A.txt "e"', 'b.txt "e"', 'c.txt "e"']);
});

test('Google Cloud Storage: a server of ours with its JSON API, pages and tokens; busy at first', async () => {
  const { endpoint, close } = await serveGcs(files, 1);
  closing.push(close);
  await check(gcsSource({ bucket: 'data', prefix: 'set', endpoint, token: 'secret' }));
  expect((await openDataset('gs://data/set', { endpoint, token: 'secret' })).set.items).toHaveLength(1);
  await checkPacked((place, more) => openDataset(`gs://data/${place}`, { endpoint, token: 'secret', ...more }));
  await expect(openDataset('ftp://data/set')).rejects.toThrow(/no data set at such an address/);
  await expect(gcsSource({ bucket: 'data', prefix: 'set', endpoint }).list('')).rejects.toThrow(/status 401.*token/);
});

test('Hugging Face data sets: a server of ours with the tree in pages, information on paths, and redirects to the content', async () => {
  const { endpoint, close } = await serveHub(files);
  closing.push(close);
  await check(hubSource({ repository: 'me/clips', folder: 'set', endpoint }));
  expect((await openDataset('hf://datasets/me/clips@main/set', { endpoint })).set.items).toHaveLength(1);
  await checkPacked((place, more) => openDataset(`hf://datasets/me/clips/${place}`, { endpoint, ...more }));
});
