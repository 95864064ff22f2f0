import { AiprodError } from '../../errors';
import { sampledClip, scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { defaultsOfSource, rangeOf, requireSourceFrames, sourceOf } from './source-video';

/** A stretch of a video made anew; the latents of all other frames stay as they are. */
export const retake: PipelineDefinition = {
  description: 'a stretch of a video made anew, the rest kept',
  fields: { video: 'required', region: 'required' },
  defaults: defaultsOfSource,
  check(job, traits, media) {
    requireSourceFrames(job, traits, media);
    const { start = 0, end = 0 } = job.region ?? {};
    if (start < end && end <= job.frames) return;
    throw new AiprodError('bad-usage', 'the video has no such region', {
      expected: `frames START:END with 0 <= START < END <= ${job.frames}`,
      found: `${start}:${end}`,
      hint: `Use --region ${Math.min(start, job.frames - 1)}:${job.frames}`,
    });
  },
  graph(context) {
    const { job, media, grid } = context;
    const { start, end } = job.region ?? { start: 0, end: job.frames };
    // The first latent frame stands for one frame, each other for as many as the compression is.
    const latentFrame = (frame: number): number => Math.ceil(frame / grid.ratios.temporal);
    return sampledClip(context, {
      schedule: scheduleOfJob(context, job),
      conditioning: 'hold',
      conditions: [
        {
          media: rangeOf(sourceOf(job, media), 0, job.frames),
          items: [{ item: { kind: 'mask', frames: [latentFrame(start), latentFrame(end - 1) + 1], strength: 1 } }],
        },
      ],
    });
  },
};
