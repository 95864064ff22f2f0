import { AiprodError } from '../../errors';
import { scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { firstFrameConditioning, firstFrameConditions, requireFirstFrame } from './first-frame';
import { requireStages, stagedClip } from './stages';
import { defaultsOfSource, rangeOf, requireSourceFrames, sourceOf } from './source-video';

/** A clip that follows a reference video (poses, depth, edges, ...), whose tokens come after its own (IC-LoRA). */
export const icLora: PipelineDefinition = {
  description: 'a clip that follows a reference video through an IC-LoRA',
  fields: {
    video: 'required',
    reference: 'optional',
    conditions: 'optional',
    imageCrf: 'optional',
    upsampler: 'optional',
    refine: 'optional',
  },
  defaults(job, traits, media) {
    const { referenceDownscaleFactor: downscaleFactor } = traits;
    const reference = job.reference === undefined && downscaleFactor !== undefined ? { reference: { downscaleFactor, strength: 1 } } : {};
    return { ...defaultsOfSource(job, traits, media), ...reference };
  },
  check(job, traits, media) {
    requireFirstFrame(job);
    requireStages(job, traits, media);
    if (job.loras.length === 0) {
      throw new AiprodError('bad-usage', 'no LoRA says what the reference video means', {
        expected: '--lora FILE, an IC-LoRA for the model',
        hint: 'Name one, or use --pipeline video-to-video',
      });
    }
    requireSourceFrames(job, traits, media);
    const space = job.upsampler === undefined ? 1 : (traits.upsampling?.space ?? 1);
    const multiple = traits.sizeMultiple * (job.reference?.downscaleFactor ?? 1) * space;
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
    const first = firstFrameConditions(job, media);
    return stagedClip(
      context,
      (size) => ({
        schedule: (extraTokens) => scheduleOfJob(context, size, context.conditions.keyframes === 'end' ? extraTokens : 0),
        conditioning: context.conditions.guide,
        positions: 'coordinates',
        extraTokens: 'end',
        conditions: [
          ...first,
          {
            media: rangeOf(sourceOf(job, media), 0, size.frames),
            downscaleFactor,
            items: [{ item: { kind: 'reference', strength, downscaleFactor, temporalScaleFactor: 1 } }],
          },
        ],
      }),
      // What follows the reference is there; the second stage sharpens it (LTX-2's IC-LoRA pipeline).
      { conditions: first, conditioning: firstFrameConditioning(context), positions: 'grid' },
    );
  },
};
