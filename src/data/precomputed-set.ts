import { AiprodError } from '../errors';
import type { HostTensor } from '../graph';
import { assertFinite, openSafetensors, toFloat32, type SafetensorsFile } from '../weights';
import type { DataSource } from './data-source';
import { mapConcurrently } from './map-concurrently';
import { isDamage, type SampleSet, type SkippedSample, type TrainingSample } from './sample-set';

/** Folders of a precomputed set, as LTX-2's trainer names them. */
export const PRECOMPUTED_FOLDERS = {
  latents: 'latents',
  conditions: 'conditions',
  audioLatents: 'audio_latents',
  referenceLatents: 'reference_latents',
  referenceAudioLatents: 'reference_audio_latents',
  videoMasks: 'video_masks',
  audioMasks: 'audio_masks',
  /** First frames as models of image to video read them. */
  imageConditions: 'image_conditions',
  /** Pixels, for VAEs. */
  videos: 'videos',
} as const;

/** What the files of `video_masks` that `aiprod preprocess` writes say in their metadata: which value gives. Older ones, in which it was 0, say nothing. */
export const MASK_SENSE = { given: '1' } as const;

/** Metadata of every mask of a picture that `aiprod preprocess` has written; sets of others lack it. */
const PREPROCESSED = 'bucket';

/** Where LTX-2's trainer keeps the folders, if not in the data set's own. */
const PRECOMPUTED = '.precomputed';

const ENDING = '.safetensors';

/** What the one tensor that a folder of latents, conditions, masks or pixels is about is called in its files. */
const MAIN_TENSORS: ReadonlySet<string> = new Set(['latents', 'condition', 'mask', 'video']);

/** What tensors of `conditions` are called in a sample. */
const CONDITION_NAMES: ReadonlyMap<string, string> = new Map([
  ['prompt_embeds', 'prompt_embeds'],
  ['video_prompt_embeds', 'prompt_embeds'],
  ['prompt_mask', 'prompt_mask'],
  ['prompt_attention_mask', 'prompt_mask'],
]);

/** Files whose headers are read at the same time. */
const CONCURRENT_HEADERS = 16;

/** Settings of `openPrecomputedSet`. */
export interface PrecomputedSetOptions {
  /** Folders that a sample takes its tensors from; the first decides which samples there are. Default: latents and conditions. */
  readonly folders?: readonly string[];
  /** Further folders, of which a sample may lack a file: those that do are a bucket of their own. Each has a file of one sample at least. */
  readonly optional?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * A folder of precomputed samples: `latents/a.safetensors`, `conditions/a.safetensors`, ... A sample is what has the same path in all of
 * the folders. Reads every header of all but `conditions`, to know the shapes; what is damaged, or lacks a file, is rejected by name.
 * Names of tensors and metadata: docs/data.md.
 * @throws AiprodError 'bad-input' when a folder is missing or empty, or holds masks of a version that meant the contrary by them.
 */
export async function openPrecomputedSet(source: DataSource, options: PrecomputedSetOptions = {}): Promise<SampleSet> {
  const folders = options.folders ?? [PRECOMPUTED_FOLDERS.latents, PRECOMPUTED_FOLDERS.conditions];
  const { optional = [] } = options;
  const root = await rootOf(source, folders[0], options.signal);
  const listings = new Map<string, ReadonlySet<string>>();
  for (const folder of [...folders, ...optional]) listings.set(folder, await namesIn(source, `${root}${folder}`, options.signal));
  const isIn = (folder: string, id: string): boolean => listings.get(folder)?.has(id) === true;
  for (const folder of optional) requireFiles(listings.get(folder), source, folder);
  const rejected: SkippedSample[] = [];
  const read = async (id: string): Promise<{ id: string; bucket: string } | undefined> => {
    const lacking = folders.filter((folder) => !isIn(folder, id));
    if (lacking.length > 0) {
      rejected.push({ id, reason: `no file ${lacking.map((folder) => `${folder}/${id}${ENDING}`).join(', ')}` });
      return undefined;
    }
    try {
      const shapes: string[] = [];
      for (const folder of [...folders, ...optional]) {
        if (folder === PRECOMPUTED_FOLDERS.conditions) continue;
        if (!isIn(folder, id)) {
          shapes.push(`no ${folder}`);
          continue;
        }
        const place = `${root}${folder}/${id}${ENDING}`;
        shapes.push(
          await withFile(source, place, options.signal, async (file) => {
            if (folder === PRECOMPUTED_FOLDERS.videoMasks) refuseOldMask(file);
            return `${folder} ${mainShape(file, folder)}`;
          }),
        );
      }
      return { id, bucket: shapes.join(', ') };
    } catch (error) {
      if (!isDamage(error)) throw error;
      rejected.push({ id, reason: error.message });
      return undefined;
    }
  };
  const ids = [...(listings.get(folders[0]) ?? [])];
  const samples = (await mapConcurrently(ids, CONCURRENT_HEADERS, read)).filter((sample) => sample !== undefined);
  rejected.sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    size: samples.length,
    rejected,
    idOf: (index) => samples[index].id,
    bucketOf: (index) => samples[index].bucket,
    read(index, signal) {
      const { id } = samples[index];
      return readSample(source, root, [...folders, ...optional.filter((folder) => isIn(folder, id))], id, signal);
    },
  };
}

async function rootOf(source: DataSource, folder: string, signal: AbortSignal | undefined): Promise<string> {
  for (const root of ['', `${PRECOMPUTED}/`]) {
    if ((await namesIn(source, `${root}${folder}`, signal)).size > 0) return root;
  }
  throw new AiprodError('bad-input', 'this is not a precomputed data set', {
    where: source.name,
    expected: `.safetensors files in ${folder}/`,
    hint: 'Run aiprod preprocess, or name the folder that holds its results',
  });
}

/** @throws AiprodError 'bad-input' for a folder that no sample has a file in */
function requireFiles(names: ReadonlySet<string> | undefined, source: DataSource, folder: string): void {
  if (names !== undefined && names.size > 0) return;
  throw new AiprodError('bad-input', `no sample of the set has a file in ${folder}/`, {
    where: source.name,
    expected: 'a file of one sample at least',
    hint: 'Run aiprod preprocess on media that have it, or train without it',
  });
}

/** @throws AiprodError 'bad-input' for a mask that `aiprod preprocess` made when 0 was what is given: a training would learn what it should be given */
function refuseOldMask({ name, metadata }: SafetensorsFile): void {
  if (!metadata.has(PREPROCESSED)) return;
  const { given } = MASK_SENSE;
  const found = metadata.get('given');
  if (found === given) return;
  throw new AiprodError('bad-input', 'the masks of the set do not say that 1 is what is given', {
    where: name,
    expected: `masks that this version of aiprod preprocess makes (given: ${given})`,
    found: found === undefined ? 'a mask of an earlier version, in which 0 may be what is given' : `given: ${found}`,
    hint: 'Run aiprod preprocess again, with white in video_mask for what is given: it makes these samples anew',
  });
}

/** Paths below a folder, without their ending. */
async function namesIn(source: DataSource, folder: string, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const files = await source.list(folder, signal);
  const names = files.filter(({ path }) => path.endsWith(ENDING)).map(({ path }) => path.slice(folder.length + 1, -ENDING.length));
  return new Set(names);
}

async function withFile<Result>(
  source: DataSource,
  path: string,
  signal: AbortSignal | undefined,
  use: (file: SafetensorsFile) => Promise<Result>,
): Promise<Result> {
  const bytes = await source.open(path, signal);
  try {
    return await use(await openSafetensors(bytes));
  } finally {
    await bytes.close?.();
  }
}

async function readSample(
  source: DataSource,
  root: string,
  folders: readonly string[],
  id: string,
  signal: AbortSignal | undefined,
): Promise<TrainingSample> {
  const tensors = new Map<string, HostTensor>();
  const metadata = new Map<string, string>();
  for (const folder of folders) {
    await withFile(source, `${root}${folder}/${id}${ENDING}`, signal, async (file) => {
      for (const name of file.tensors.keys()) {
        const tensor = await file.readTensor(name);
        const data = toFloat32(tensor);
        assertFinite(name, data, file.name);
        tensors.set(sampleName(folder, name), { shape: tensor.shape, dtype: 'f32', data });
      }
      for (const [key, value] of file.metadata) metadata.set(`${folder}.${key}`, value);
    });
  }
  const caption = metadata.get(`${PRECOMPUTED_FOLDERS.conditions}.caption`);
  const fps = Number(metadata.get(`${PRECOMPUTED_FOLDERS.latents}.fps`) ?? Number.NaN);
  return { id, tensors, ...(caption === undefined ? {} : { caption }), ...(fps > 0 ? { fps } : {}) };
}

/** What a file's tensor is called in a sample: the main one of a folder by the folder, all others of it `folder.name`. */
function sampleName(folder: string, name: string): string {
  if (folder === PRECOMPUTED_FOLDERS.conditions) return CONDITION_NAMES.get(name) ?? name;
  return MAIN_TENSORS.has(name) ? folder : `${folder}.${name}`;
}

/** @throws AiprodError 'shape-mismatch' where the folder's main tensor is not in the file. */
function mainShape(file: SafetensorsFile, folder: string): string {
  for (const [name, { shape }] of file.tensors) if (MAIN_TENSORS.has(name)) return shape.join('x');
  throw new AiprodError('shape-mismatch', `the file of ${folder} lacks its tensor`, {
    where: file.name,
    expected: [...MAIN_TENSORS].join(' or '),
    found: [...file.tensors.keys()].join(', ') || 'no tensor',
    hint: 'Run aiprod preprocess again',
  });
}
