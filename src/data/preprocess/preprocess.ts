import { AiprodError } from '../../errors';
import type { FrameRate } from '../../media';
import { keyOf } from '../content-key';
import type { DataSource } from '../data-source';
import { FILE_COLUMNS, type MediaItem, type MediaSet } from '../media-item';
import { MASK_SENSE, PRECOMPUTED_FOLDERS } from '../precomputed-set';
import { checkBuckets, type ClipSize } from '../resolution-buckets';
import type { SkippedSample } from '../sample-set';
import type { SceneOptions } from '../scenes';
import { contentHash } from './content-hash';
import { ItemRecords, type ItemRecord, type SampleRecord } from './item-record';
import { makeSamples } from './make-samples';
import type { Captioner, SampleEncoder } from './sample-encoder';
import { SampleFiles } from './sample-files';

/** Captions that are encoded together, so that the encoder's weights are loaded once for them. */
const TEXT_BATCH = 32;

export interface PreprocessSettings {
  /** Of clips; none where the set has only sounds. */
  readonly buckets: readonly ClipSize[];
  /** Seconds that sounds without a picture are cut to; absent: they are passed over. */
  readonly durations?: readonly number[];
  /** Rate that clips are brought to; their own where absent. */
  readonly frameRate?: FrameRate;
  /** Splits clips at their cuts where it is there. */
  readonly scenes?: Pick<SceneOptions, 'threshold' | 'shortest'>;
  /** How much smaller reference videos are than what they condition, 1 or more. */
  readonly referenceDownscale: number;
  /** Whether sound is encoded, where there is some and the model has it. */
  readonly sound: boolean;
  /** Stands before every caption. */
  readonly trigger?: string;
  /** Whether samples are the pixels of clips, which VAEs are trained on: no latents, no captions. */
  readonly pixels?: boolean;
}

export interface PreprocessRequest {
  readonly source: DataSource;
  readonly set: MediaSet;
  /** Folder that the precomputed samples go to. */
  readonly root: string;
  readonly encoder: SampleEncoder;
  /** For clips without a caption. */
  readonly captioner?: Captioner;
  readonly settings: PreprocessSettings;
  readonly signal: AbortSignal;
  onProgress?(stage: 'media' | 'text', done: number, total: number): void;
}

export interface PreprocessReport {
  readonly samples: number;
  /** Of them, those whose media, and whose captions, were encoded in this run; the others were there. */
  readonly encodedMedia: number;
  readonly encodedTexts: number;
  /** Captions that the captioner wrote in this run. */
  readonly written: number;
  /** What was passed over, by name and with the reason. */
  readonly rejected: readonly SkippedSample[];
}

/** A caption on its way to its embedding. */
interface PendingText {
  readonly item: MediaItem;
  readonly sample: SampleRecord;
  readonly caption: string;
  readonly key: string;
}

/**
 * Media and captions to precomputed samples. What is there already is known again by content, settings and encoder, and is not made
 * again; a run that was cut off goes on where it was. An item that cannot be used is passed over and named.
 * @throws AiprodError for settings that the model does not take, and for what is no item's fault: no memory, no disk, cancelled.
 */
export async function preprocess(request: PreprocessRequest): Promise<PreprocessReport> {
  const { set, root, encoder, settings, signal, onProgress } = request;
  const { buckets, referenceDownscale: factor } = settings;
  checkBuckets(buckets, encoder.sizeMultiple, encoder.frameMultiple);
  const references = buckets.map(({ width, height, frames }) => ({ width: width / factor, height: height / factor, frames }));
  if (set.items.some((item) => item.reference_video !== undefined)) checkBuckets(references, encoder.sizeMultiple, encoder.frameMultiple);
  const records = new ItemRecords(root);
  const files = new SampleFiles(root);
  const rejected = [...set.rejected];
  const made: { readonly item: MediaItem; readonly record: ItemRecord }[] = [];
  let encodedMedia = 0;
  let written = 0;
  for (const [index, item] of set.items.entries()) {
    if (signal.aborted) throw new AiprodError('cancelled', 'preprocessing was cancelled; the same command goes on with it');
    try {
      const done = await recordOf(item, request, records, files);
      encodedMedia += done.encoded;
      written += done.written;
      made.push({ item, record: done.record });
      rejected.push(...done.rejected);
    } catch (error) {
      if (!isItemsFault(error)) throw error;
      rejected.push({ id: item.id, reason: error.message });
    }
    onProgress?.('media', index + 1, set.items.length);
  }
  const texts = settings.pixels === true ? [] : made;
  const pending = (await Promise.all(texts.map(({ item, record }) => pendingTexts(item, record, request, files)))).flat();
  const byItem = new Map(made.map(({ item, record }) => [item.id, record]));
  for (let start = 0; start < pending.length; start += TEXT_BATCH) {
    if (signal.aborted) throw new AiprodError('cancelled', 'preprocessing was cancelled; the same command goes on with it');
    const batch = pending.slice(start, start + TEXT_BATCH);
    const captions = batch.map(({ caption }) => (settings.trigger === undefined ? caption : `${settings.trigger} ${caption}`));
    const encoded = await encoder.encodeTexts(captions, signal);
    for (const [k, { item, sample, key }] of batch.entries()) {
      await files.write(PRECOMPUTED_FOLDERS.conditions, sample.id, encoded[k], { caption: captions[k] });
      const record = byItem.get(item.id);
      if (record === undefined) continue;
      const samples = record.samples.map((known) => (known.id === sample.id ? { ...known, text: key } : known));
      byItem.set(item.id, { ...record, samples });
      await records.write(item.id, { ...record, samples });
    }
    onProgress?.('text', Math.min(start + TEXT_BATCH, pending.length), pending.length);
  }
  const samples = made.reduce((sum, { record }) => sum + record.samples.length, 0);
  return { samples, encodedMedia, encodedTexts: pending.length, written, rejected };
}

/** The record of an item, its media made where they are not there as they should be. */
async function recordOf(
  item: MediaItem,
  { source, encoder, captioner, settings, signal }: PreprocessRequest,
  records: ItemRecords,
  files: SampleFiles,
): Promise<{ record: ItemRecord; encoded: number; written: number; rejected: readonly SkippedSample[] }> {
  const needsCaption = settings.pixels !== true && (item.caption === undefined || item.caption.trim() === '');
  const isSeen = item.video !== undefined;
  if (needsCaption && (captioner === undefined || !isSeen)) {
    throw new AiprodError('bad-input', `the ${isSeen ? 'clip' : 'sound'} has no caption`, {
      expected: 'a caption in the description, or a text file beside it',
      hint: isSeen ? 'Write one, or name a captioner' : 'Write one: captioners look at pictures',
    });
  }
  const known = await records.read(item.id);
  const contents = await contentsOf(item, source, known, signal);
  const media = keyOf([
    FILE_COLUMNS.map((column) => contents[column]?.content),
    mediaSettings(settings, item),
    ...(settings.pixels === true ? [] : [encoder.identity.video, encoder.identity.sound]),
    ...(settings.pixels === true || encoder.identity.image === undefined ? [] : [encoder.identity.image]),
  ]);
  const writer = needsCaption ? captioner?.identity : undefined;
  if (known?.media === media && known.captioner === writer && (await allThere(known, files))) {
    const record = { ...known, files: contents };
    if (keyOf(known.files) !== keyOf(contents)) await records.write(item.id, record);
    return { record, encoded: 0, written: 0, rejected: [] };
  }
  const { samples, rejected, written } = await makeSamples(item, {
    source,
    encoder,
    settings,
    signal,
    files,
    ...(needsCaption && captioner !== undefined ? { captioner } : {}),
  });
  const ids = new Set(samples.map(({ id }) => id));
  for (const old of known?.samples ?? []) {
    if (!ids.has(old.id)) await files.remove([...old.folders, PRECOMPUTED_FOLDERS.conditions], old.id);
  }
  const withTexts = samples.map((sample) => {
    const text = known?.samples.find(({ id }) => id === sample.id)?.text;
    return text === undefined ? sample : { ...sample, text };
  });
  const record: ItemRecord = {
    version: 1,
    files: contents,
    media,
    ...(writer === undefined ? {} : { captioner: writer }),
    samples: withTexts,
  };
  await records.write(item.id, record);
  return { record, encoded: samples.length, written, rejected };
}

/** Settings that decide what an item's media become; captions are keyed by themselves. */
function mediaSettings({ trigger: _, durations, ...ofClips }: PreprocessSettings, { video, video_mask }: MediaItem): unknown {
  if (video === undefined) return { durations };
  // Masks that do not say what they give, of which some say the contrary, are made anew.
  return video_mask === undefined ? ofClips : { ...ofClips, ...MASK_SENSE };
}

/** Hashes of an item's files; a file whose version is the known one is not read again. */
async function contentsOf(
  item: MediaItem,
  source: DataSource,
  known: ItemRecord | undefined,
  signal: AbortSignal,
): Promise<ItemRecord['files']> {
  const contents: ItemRecord['files'] = {};
  for (const column of FILE_COLUMNS) {
    const path = item[column];
    if (path === undefined) continue;
    const file = await source.stat(path, signal);
    if (file === undefined) {
      throw new AiprodError('bad-input', `the file of ${column} is not there`, { where: `${source.name}/${path}`, hint: 'Check the path' });
    }
    const { version } = file;
    const before = known?.files[column];
    const isSame = version !== undefined && before?.version === version;
    const content = isSame ? before.content : await contentHash(await source.open(path, signal), signal);
    contents[column] = { ...(version === undefined ? {} : { version }), content };
  }
  return contents;
}

async function allThere(record: ItemRecord, files: SampleFiles): Promise<boolean> {
  for (const { id, folders } of record.samples) if (!(await files.has(folders, id))) return false;
  return true;
}

async function pendingTexts(
  item: MediaItem,
  record: ItemRecord,
  { encoder, settings }: PreprocessRequest,
  files: SampleFiles,
): Promise<PendingText[]> {
  const pending: PendingText[] = [];
  for (const sample of record.samples) {
    const caption = (sample.caption ?? item.caption ?? '').trim();
    const key = keyOf([settings.trigger ?? null, caption, encoder.identity.text]);
    const isThere = sample.text === key && (await files.has([PRECOMPUTED_FOLDERS.conditions], sample.id));
    if (!isThere) pending.push({ item, sample, caption, key });
  }
  return pending;
}

/** Whether an error is about an item, so that the others can go on. */
function isItemsFault(error: unknown): error is AiprodError {
  return (
    error instanceof AiprodError && ['bad-input', 'bad-weights', 'not-finite', 'shape-mismatch', 'codec-unavailable'].includes(error.code)
  );
}
