import { sampledClip, scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { firstFrameConditioning, firstFrameConditions, requireFirstFrame } from './first-frame';

/** A clip that begins with an image (`LTXImageToVideoPipeline`). */
export const imageToVideo: PipelineDefinition = {
  description: 'a clip that begins with an image',
  fields: { conditions: 'required' },
  check: requireFirstFrame,
  graph: (context) =>
    sampledClip(context, {
      schedule: scheduleOfJob(context, context.job),
      conditions: firstFrameConditions(context.job, context.media),
      conditioning: firstFrameConditioning(context.job),
    }),
};
