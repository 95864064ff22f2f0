import { AiprodError } from '../../errors';
import type { KnownMedia, ResolvedJob } from '../job';
import type { GraphCondition, GraphContext, SamplingRequest } from '../pipeline-graph';
import { followedRange } from './source-video';

/** Refuses conditions at other places than the first frame. */
export function requireFirstFrame(job: ResolvedJob): void {
  const [condition, ...more] = job.conditions;
  if (condition === undefined || (more.length === 0 && condition.frame === 0)) return;
  throw new AiprodError('bad-usage', `the pipeline ${job.pipeline} takes one image, for the first frame`, {
    expected: '--image FILE@0',
    found: job.conditions.map(({ frame }) => `an image at frame ${frame}`).join(', '),
    hint: 'Use --pipeline keyframes for images at any frames',
  });
}

/** The image that a clip begins with, in place of its first latent frame; none where the job has none. */
export function firstFrameConditions(job: ResolvedJob, media: KnownMedia): GraphCondition[] {
  return job.conditions.map(({ file, strength }) => ({
    media: followedRange(job, factsOf(file, media), 1),
    items: [{ item: { kind: 'latent', latentFrame: 0, strength } }],
  }));
}

/** What is known of a file that the clip follows. */
export function factsOf(file: string, media: KnownMedia): { readonly file: string; readonly fingerprint: string; readonly frames: number } {
  const facts = media.get(file);
  if (facts === undefined) throw new AiprodError('internal', `nothing is known of ${file}`);
  return { file, ...facts };
}

/** How tokens of first-frame conditions are held: unmoved when wholly given. */
export function firstFrameConditioning({ job, conditions }: Pick<GraphContext, 'job' | 'conditions'>): SamplingRequest['conditioning'] {
  if (job.conditions.length === 0) return 'none';
  return job.conditions.every(({ strength }) => strength === 1) ? 'hold' : conditions.guide;
}
