import { AiprodError } from '../../errors';
import { formatFrameRate } from '../../media';
import type { Job, KnownMedia, ModelTraits, ResolvedJob } from '../job';
import type { PipelineDefaults } from './definition';
import type { MediaFacts, MediaRange } from '../nodes/load-media';

/** What is known of the video that a job works on. */
export function sourceOf(job: Pick<Job, 'video'>, media: KnownMedia): MediaFacts & { readonly file: string } {
  const facts = job.video === undefined ? undefined : media.get(job.video);
  if (job.video === undefined || facts === undefined) throw new AiprodError('internal', 'the video of the job is not known');
  return { ...facts, file: job.video };
}

/** Frames of a file as they are. */
export function rangeOf(
  { file, fingerprint }: { readonly file: string; readonly fingerprint: string },
  start: number,
  count: number,
): Omit<MediaRange, 'width' | 'height'> {
  return { file, fingerprint, start, count, lead: 0, tail: 0 };
}

/** The first frames of a file that the clip follows. An image is coded as the job says; frames of a video were coded before. */
export function followedRange(
  { imageCrf = 0 }: Pick<ResolvedJob, 'imageCrf'>,
  facts: { readonly file: string; readonly fingerprint: string; readonly frames: number },
  count: number,
): Omit<MediaRange, 'width' | 'height'> {
  const range = rangeOf(facts, 0, count);
  return facts.frames === 1 && imageCrf > 0 ? { ...range, crf: imageCrf } : range;
}

/** Frame rate of the source, and as many of its frames as the model makes. */
export function defaultsOfSource(job: Job, traits: ModelTraits, media: KnownMedia): Pick<PipelineDefaults, 'frames' | 'frameRate'> {
  const source = sourceOf(job, media);
  const rate = source.frameRate === null ? {} : { frameRate: formatFrameRate(source.frameRate) };
  return job.frames === undefined ? { ...rate, frames: wholeFrames(source.frames, traits) } : rate;
}

/** The largest number of frames, up to `available`, that is a number of latent frames. */
export function wholeFrames(available: number, { frameMultiple }: Pick<ModelTraits, 'frameMultiple'>): number {
  return Math.floor((available - 1) / frameMultiple) * frameMultiple + 1;
}

/** Refuses a source that is shorter than the clip. */
export function requireSourceFrames(job: ResolvedJob, traits: ModelTraits, media: KnownMedia): void {
  const source = sourceOf(job, media);
  if (source.frames >= job.frames) return;
  throw new AiprodError('bad-input', 'the video is shorter than the clip', {
    where: source.file,
    expected: `at least ${job.frames} frames`,
    found: `${source.frames}`,
    hint: `Use --frames ${wholeFrames(source.frames, traits)}`,
  });
}
