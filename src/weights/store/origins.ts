import { z } from 'zod';
import { AiprodError } from '../../errors';
import { statusError, type RemoteFile } from './download';
import { storedPath, type ModelManifest } from './manifest';

/** A model that is somewhere else, as its files. */
export interface RemoteModel {
  readonly origin: ModelManifest['origin'];
  /** As the origin states it. */
  readonly licence?: string;
  /** Where the licence can be read: as the origin links it, or its file, or the model's page. */
  readonly licenceLink?: string;
  /** The licence's own text, where the repository has it. */
  readonly licenceFile?: RemoteFile;
  readonly files: readonly RemoteFile[];
  /** For every request, the token of the hub among them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OriginOptions {
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** The hub's address; another one for mirrors. */
  readonly hub?: string;
  /** Sent to the hub only. */
  readonly token?: string;

  /** Branch, tag or commit of a hub repository. */
  readonly revision?: string;
}

/** The hub that ids name unless `HF_ENDPOINT` says otherwise. */
export const defaultHub = 'https://huggingface.co';

/** A file by its address. @throws AiprodError `bad-input` for an address that is not http or https, or carries a password. */
export function urlOrigin(address: string): RemoteModel {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new AiprodError('bad-input', 'this is no address', { found: address, expected: 'https://HOST/PATH' }, { cause });
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new AiprodError('bad-input', 'models are not fetched from such an address', {
      expected: 'https without a user name or password in it',
      found: `${url.protocol}//${url.host}`,
    });
  }
  const last = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
  const path = storedPath.safeParse(last);
  if (!path.success || !/\.(safetensors|gguf)$/.test(last)) {
    throw new AiprodError('bad-input', 'the address names no weight file', {
      where: address,
      expected: 'an address that ends in .safetensors or .gguf',
      found: last === '' ? 'no file name' : last,
      hint: 'Give the address of the file itself, or the hub id of a whole model',
    });
  }
  return { origin: { kind: 'url', location: url.href }, files: [{ path: last, url: url.href }], headers: {} };
}

const hubIdPattern = /^([\w-][\w.-]*)\/([\w-][\w.-]*)((?:\/[^/]+)*)$/;

/** Whether a text reads as a hub id, `OWNER/NAME` or `OWNER/NAME/FILE`. */
export function isHubId(text: string): boolean {
  return hubIdPattern.test(text) && !text.includes('..');
}

const blobSchema = z.object({
  rfilename: z.string(),
  size: z.int().min(0).nullish(),
  lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).nullish(),
});

/** What the hub's model endpoint answers (`GET /api/models/ID/revision/REVISION?blobs=true`), as far as it is used. */
const hubModelSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(blobSchema).max(100_000),
  tags: z.array(z.string()).default([]),
  cardData: z.object({ license: z.unknown(), license_name: z.unknown(), license_link: z.unknown() }).partial().nullish(),
});
type HubModel = z.infer<typeof hubModelSchema>;

/**
 * A model of the hub: `OWNER/NAME` is a whole model in diffusers layout, `OWNER/NAME/FILE` one file. The revision is pinned to
 * its commit, so that a download that goes on later fetches the same files.
 *
 * @throws AiprodError `bad-input` when there is no such model or it holds nothing that we read, `network-failure`, `server-busy`.
 */
export async function hubOrigin(id: string, options: OriginOptions = {}): Promise<RemoteModel> {
  const match = hubIdPattern.exec(id);
  if (match === null || !isHubId(id)) {
    throw new AiprodError('bad-input', 'this is no hub id', { found: id, expected: 'OWNER/NAME or OWNER/NAME/FILE' });
  }
  const repository = `${match[1]}/${match[2]}`;
  const wanted = match[3].slice(1);
  const hub = (options.hub ?? defaultHub).replace(/\/+$/, '');
  const headers = hubHeaders(options.token);
  const model = await readHubModel(
    `${hub}/api/models/${repository}/revision/${encodeURIComponent(options.revision ?? 'main')}?blobs=true`,
    {
      ...options,
      headers,
    },
  );
  const chosen = wanted === '' ? wholeModel(repository, model) : [oneFile(repository, model, wanted)];
  const at = (way: 'resolve' | 'blob', path: string): string =>
    `${hub}/${repository}/${way}/${model.sha}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const remoteFile = ({ rfilename, size, lfs }: HubFile, path: string): RemoteFile => ({
    path,
    url: at('resolve', rfilename),
    ...(lfs ? { bytes: lfs.size, sha256: lfs.sha256 } : typeof size === 'number' ? { bytes: size } : {}),
  });
  const licenceFile = licenceFileOf(model);
  const stated = model.cardData?.license_link;
  const link = typeof stated === 'string' && /^https?:/i.test(stated) ? stated : undefined;
  return {
    origin: { kind: 'hub', location: id, revision: model.sha },
    ...licenceOf(model),
    licenceLink: link ?? (licenceFile === undefined ? `${hub}/${repository}` : at('blob', licenceFile.rfilename)),
    ...(licenceFile === undefined ? {} : { licenceFile: remoteFile(licenceFile, licenceFile.rfilename) }),
    files: chosen.map((file) =>
      remoteFile(file, storedPath.parse(wanted === '' ? file.rfilename : (file.rfilename.split('/').at(-1) ?? file.rfilename))),
    ),
    headers,
  };
}

/** Headers of requests to the hub; none without a token. */
export function hubHeaders(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined || token === '' ? {} : { Authorization: `Bearer ${token}` };
}

/** The file at the top of a repository that has the licence's text: one that is called so, or has the word in its name. */
function licenceFileOf({ siblings }: HubModel): HubFile | undefined {
  const texts = siblings.filter(({ rfilename }) => /^[^/]*licen[cs]e[^/]*$/i.test(rfilename) && /^[^.]*$|\.(txt|md)$/i.test(rfilename));
  return texts.find(({ rfilename }) => /^licen[cs]e/i.test(rfilename)) ?? texts.at(0);
}

async function readHubModel(
  url: string,
  options: OriginOptions & { readonly headers: Readonly<Record<string, string>> },
): Promise<HubModel> {
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(url, { headers: options.headers, signal: options.signal });
  } catch (cause) {
    if (options.signal?.aborted === true) throw new AiprodError('cancelled', 'the download was cancelled', {}, { cause });
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('network-failure', 'the hub cannot be reached', { where: url, found, hint: 'Check the network' }, { cause });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw statusError({ url }, response);
  }
  const parsed = hubModelSchema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new AiprodError('bad-input', 'the hub answered something else than a model', {
    where: url,
    found: `${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message}`,
    hint: 'Check HF_ENDPOINT',
  });
}

type HubFile = HubModel['siblings'][number];

function oneFile(repository: string, model: HubModel, wanted: string): HubFile {
  const found = model.siblings.find(({ rfilename }) => rfilename === wanted);
  if (found !== undefined) return found;
  throw noSuchFile(repository, model, wanted);
}

const weightFile = /\.(safetensors|gguf)$/;

/** Files of a diffusers folder that a model is opened from: the index, and configs, tokenizer files and safetensors of its components. */
function wholeModel(repository: string, model: HubModel): HubFile[] {
  const paths = new Set(model.siblings.map(({ rfilename }) => rfilename));
  if (!paths.has('model_index.json')) throw noSuchFile(repository, model, 'model_index.json');
  return model.siblings.filter(({ rfilename }) => {
    if (!storedPath.safeParse(rfilename).success) return false;
    if (/^(model_index\.json|LICEN[CS]E[^/]*)$/i.test(rfilename)) return true;
    if (!/^[^/]+\/[^/]+$/.test(rfilename)) return false;
    if (rfilename.endsWith('.safetensors')) return !isVariant(rfilename, paths);
    return /\.(json|model|txt)$/.test(rfilename);
  });
}

/** Copies in another type beside the full ones: `model.fp16.safetensors` beside `model.safetensors`. */
function isVariant(path: string, paths: ReadonlySet<string>): boolean {
  const plain = path.replace(/\.(fp16|bf16|fp8|non_ema)(?=[.-])/, '');
  return plain !== path && paths.has(plain);
}

function noSuchFile(repository: string, model: HubModel, wanted: string): AiprodError {
  const candidates = model.siblings.map(({ rfilename }) => rfilename).filter((path) => weightFile.test(path));
  const listed = candidates.slice(0, 10).join(', ');
  return new AiprodError('bad-input', `the hub has no ${wanted} there`, {
    where: repository,
    expected: 'a model in diffusers layout, or the name of one weight file',
    found: candidates.length === 0 ? 'no weight files' : `${listed}${candidates.length > 10 ? ', ...' : ''}`,
    hint: candidates.length === 0 ? 'Check the id' : `Name the file: ${repository}/${candidates[0]}`,
  });
}

function licenceOf({ cardData, tags }: HubModel): { licence?: string } {
  const named = [cardData?.license_name, cardData?.license].find((name) => typeof name === 'string' && name !== 'other');
  const tagged = tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
  const licence = typeof named === 'string' ? named : tagged;
  return licence === undefined ? {} : { licence };
}
