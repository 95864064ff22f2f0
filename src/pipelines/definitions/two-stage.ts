import { scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { firstFrameConditioning, firstFrameConditions, requireFirstFrame } from './first-frame';
import { requireStages, stagedClip } from './stages';

/**
 * A clip made at half the size, enlarged by the latent upsampler, then refined by a few steps without guidance (LTX-2's two
 * stages, LTX-Video's multi-scale pipeline).
 */
export const twoStage: PipelineDefinition = {
  description: 'a clip made small, enlarged by the latent upsampler, then refined',
  fields: { upsampler: 'required', refine: 'optional', conditions: 'optional', imageCrf: 'optional' },
  check(job, traits, media) {
    requireFirstFrame(job);
    requireStages(job, traits, media);
  },
  graph(context) {
    const conditions = firstFrameConditions(context.job, context.media);
    const conditioning = firstFrameConditioning(context);
    return stagedClip(context, (size) => ({ schedule: scheduleOfJob(context, size), conditions, conditioning }));
  },
};
