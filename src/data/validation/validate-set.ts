import { AiprodError } from '../../errors';
import type { VideoReader } from '../../media';
import { mapConcurrently } from '../map-concurrently';
import type { MediaItem, MediaSet } from '../media-item';
import type { SkippedSample } from '../sample-set';
import { captionDiversity, vendiScore } from './diversity';
import { findDuplicates, type DuplicatePair } from './duplicates';
import { judgeClip, type ClipBounds, type Finding } from './findings';
import { observeClip, type ClipObservation } from './observe-clip';

/** A sample and what is wrong with it. */
export interface SampleReport {
  readonly id: string;
  readonly file: string;
  readonly findings: readonly Finding[];
  /** Absent where the file could not be read. */
  readonly clip?: Omit<ClipObservation, 'signature'>;
}

/** What `aiprod validate` tells of a set; plain JSON. */
export interface SetReport {
  readonly samples: readonly SampleReport[];
  /** Rows of a description that cannot be used. */
  readonly rejected: readonly SkippedSample[];
  /** Samples that show the same, by id. */
  readonly duplicates: readonly { readonly ids: readonly string[]; readonly pairs: readonly NamedPair[] }[];
  readonly diversity: SetDiversity;
  readonly errors: number;
  readonly warnings: number;
}

/** `crop` shows the part `box` (shares of the sides) of what `whole` shows. */
export interface NamedPair {
  readonly whole: string;
  readonly crop: string;
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly mirrored: boolean;
}

export interface SetDiversity {
  /** Effective number of clips that differ, 1 to the number of clips: `vendiScore`. */
  readonly vendi: number;
  readonly distinctWords: number;
  readonly distinctPairs: number;
  /** How many clips have each size, frame rate and codec. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly frameRates: Readonly<Record<string, number>>;
  readonly formats: Readonly<Record<string, number>>;
}

export interface ValidateSetOptions extends ClipBounds {
  /** Opens a sample's video or image. @throws AiprodError where it cannot be read. */
  readonly open: (path: string) => Promise<VideoReader>;
  /** Clips that are looked at side by side. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number, id: string) => void;
}

/**
 * Looks at every clip of a set, finds those that show the same, and measures how varied it is. Sounds without a picture are left out.
 * @throws AiprodError 'cancelled'
 */
export async function validateSet({ items, rejected }: MediaSet, options: ValidateSetOptions): Promise<SetReport> {
  const pictures = items.flatMap((item) => (item.video === undefined ? [] : [{ item, file: item.video }]));
  let done = 0;
  const looked = await mapConcurrently(pictures, options.concurrency, async ({ item, file }) => {
    if (options.signal?.aborted === true) throw new AiprodError('cancelled', 'the validation was cancelled');
    const sample = await lookAtSample(item, file, options);
    options.progress?.(++done, pictures.length, item.id);
    return sample;
  });
  const seen = looked.filter((sample) => sample.observation !== undefined);
  const signatures = seen.flatMap(({ observation }) => (observation === undefined ? [] : [observation.signature]));
  const { pairs, groups } = findDuplicates(signatures);
  const idOf = (place: number): string => seen[place].item.id;
  const duplicates = groups.map((group) => {
    const members = new Set(group);
    return { ids: group.map(idOf), pairs: pairs.filter(({ whole }) => members.has(whole)).map((pair) => named(pair, idOf)) };
  });
  const samples = looked.map((sample) => reportOf(sample, duplicates));
  const findings = samples.flatMap((sample) => sample.findings);
  return {
    samples,
    rejected,
    duplicates,
    diversity: diversityOf(
      seen.flatMap(({ observation }) => (observation === undefined ? [] : [observation])),
      items,
    ),
    errors: findings.filter(({ severity }) => severity === 'error').length + rejected.length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  };
}

interface LookedAt {
  readonly item: MediaItem;
  readonly file: string;
  readonly observation?: ClipObservation;
  readonly findings: readonly Finding[];
}

async function lookAtSample(item: MediaItem, file: string, { open, ...bounds }: ValidateSetOptions): Promise<LookedAt> {
  try {
    const clip = await open(file);
    try {
      const observation = await observeClip(clip);
      return { item, file, observation, findings: judgeClip(observation, bounds, item.caption) };
    } finally {
      await clip.close();
    }
  } catch (error) {
    if (!(error instanceof AiprodError) || error.code === 'cancelled') throw error;
    const code = error.code === 'codec-unavailable' ? 'codec' : 'unreadable';
    return { item, file, findings: [{ code, severity: 'error', message: error.message }] };
  }
}

/** The first of a group in the order of the set stays; the others are named as its duplicates. */
function reportOf({ item, file, observation, findings }: LookedAt, groups: SetReport['duplicates']): SampleReport {
  const group = groups.find(({ ids }) => ids.includes(item.id));
  const repeated: Finding[] =
    group === undefined || group.ids[0] === item.id
      ? []
      : [{ code: 'duplicate', severity: 'error', message: `shows the same as ${group.ids[0]}` }];
  const all = [...findings, ...repeated];
  if (observation === undefined) return { id: item.id, file, findings: all };
  const { signature: _signature, ...clip } = observation;
  return { id: item.id, file, findings: all, clip };
}

function named({ whole, crop, box, mirrored }: DuplicatePair, idOf: (place: number) => string): NamedPair {
  return { whole: idOf(whole), crop: idOf(crop), box, mirrored };
}

function diversityOf(clips: readonly ClipObservation[], items: readonly MediaItem[]): SetDiversity {
  const counted = (texts: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const text of texts.toSorted()) counts[text] = (counts[text] ?? 0) + 1;
    return counts;
  };
  return {
    vendi: vendiScore(clips.map(({ signature }) => signature)),
    ...captionDiversity(items.flatMap(({ caption }) => (caption === undefined ? [] : [caption]))),
    sizes: counted(clips.map(({ width, height }) => `${width}x${height}`)),
    frameRates: counted(
      clips.map(({ frameRate }) => (frameRate === null ? 'none' : (frameRate.numerator / frameRate.denominator).toFixed(3))),
    ),
    formats: counted(clips.map(({ description }) => description)),
  };
}
