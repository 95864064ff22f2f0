import { AiprodError } from '../../errors';
import { sampledClip, scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { firstFrameConditions, requireFirstFrame } from './first-frame';
import { defaultsOfSource, rangeOf, requireSourceFrames, sourceOf } from './source-video';

/** A clip that follows a reference video (poses, depth, edges, ...), whose tokens come after its own (IC-LoRA). */
export const icLora: PipelineDefinition = {
  description: 'a clip that follows a reference video through an IC-LoRA',
  fields: { video: 'required', reference: 'optional', conditions: 'optional' },
  defaults(job, traits, media) {
    const { referenceDownscaleFactor: downscaleFactor } = traits;
    const reference = job.reference === undefined && downscaleFactor !== undefined ? { reference: { downscaleFactor, strength: 1 } } : {};
    return { ...defaultsOfSource(job, traits, media), ...reference };
  },
  check(job, traits, media) {
    requireFirstFrame(job);
    if (job.loras.length === 0) {
      throw new AiprodError('bad-usage', 'no LoRA says what the reference video means', {
        expected: '--lora FILE, an IC-LoRA for the model',
        hint: 'Name one, or use --pipeline video-to-video',
      });
    }
    requireSourceFrames(job, traits, media);
    const multiple = traits.sizeMultiple * (job.reference?.downscaleFactor ?? 1);
    if (job.width % multiple === 0 && job.height % multiple === 0) return;
    const nearest = (size: number): number => Math.max(multiple, Math.round(size / multiple) * multiple);
    throw new AiprodError('bad-input', 'the reference video does not divide into latents', {
      expected: `width and height in multiples of ${multiple} pixels`,
      found: `${job.width}x${job.height}`,
      hint: `Use --width ${nearest(job.width)} --height ${nearest(job.height)}, or another --downscale`,
    });
  },
  graph(context) {
    const { job, media } = context;
    const { downscaleFactor = 1, strength = 1 } = job.reference ?? {};
    return sampledClip(context, {
      schedule: scheduleOfJob(context, job),
      conditioning: 'guide',
      positions: 'coordinates',
      extraTokens: 'end',
      conditions: [
        ...firstFrameConditions(job, media),
        {
          media: rangeOf(sourceOf(job, media), 0, job.frames),
          downscaleFactor,
          items: [{ item: { kind: 'reference', strength, downscaleFactor, temporalScaleFactor: 1 } }],
        },
      ],
    });
  },
};
