import { AwsClient } from 'aws4fetch';
import type { DataSource, SourceFile } from '../data-source';
import { ask, encodePath, folderPrefix, webSource, type Fetch } from './web-source';

/** A bucket of S3 or of a server that speaks its protocol. */
export interface S3Place {
  readonly bucket: string;
  /** Keys of the set begin with it; '' is the whole bucket. */
  readonly prefix: string;
  /** Address of the server; default Amazon's of the region. Buckets are named in the path. */
  readonly endpoint?: string;
  /** Default us-east-1. */
  readonly region?: string;
  /** Requests are signed (Signature Version 4) where there are keys. */
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

/** Files of a bucket: ListObjectsV2, and GetObject by ranges. */
export function s3Source({
  bucket,
  prefix,
  region = 'us-east-1',
  endpoint = `https://s3.${region}.amazonaws.com`,
  keys,
}: S3Place): DataSource {
  const root = `${endpoint.replace(/\/$/, '')}/${bucket}`;
  const start = folderPrefix(prefix);
  const send: Fetch =
    keys === undefined ? (url, init) => fetch(url, init) : signed(new AwsClient({ ...keys, region, service: 's3', retries: 0 }));
  return webSource({
    name: `s3://${bucket}/${prefix}`.replace(/\/$/, ''),
    fetch: send,
    urlOf: (path) => `${root}/${encodePath(start + path)}`,
    async list(folder, signal) {
      const files: SourceFile[] = [];
      for (let token: string | undefined, more = true; more;) {
        const query = new URLSearchParams({ 'list-type': '2', prefix: start + folderPrefix(folder) });
        if (token !== undefined) query.set('continuation-token', token);
        const response = await ask(send, `${root}?${query.toString()}`, { signal });
        const page = (await response?.text()) ?? '';
        for (const [, entry] of page.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
          const key = elementOf(entry, 'Key') ?? '';
          const version = elementOf(entry, 'ETag');
          if (key.endsWith('/')) continue;
          const path = key.slice(start.length);
          files.push({ path, size: Number(elementOf(entry, 'Size') ?? 0), ...(version === undefined ? {} : { version }) });
        }
        token = elementOf(page, 'NextContinuationToken');
        more = elementOf(page, 'IsTruncated') === 'true' && token !== undefined;
      }
      return files;
    },
  });
}

function signed(client: AwsClient): Fetch {
  return async (input, init) => fetch(await client.sign(input, init));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The text of the first element of a name. Answers to this request are flat, and nothing but entities is to be read in their texts. Keys are not
 * asked for in percent-encoding, because servers differ in what they make of a plus sign.
 */
function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, named?: string) => {
    if (named !== undefined) return ENTITIES[named] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
