import { sampledClip } from '../decoding-graph';
import { scheduleOfJob } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';

/** A clip from a prompt alone (`LTXPipeline`). */
export const textToVideo: PipelineDefinition = {
  description: 'a clip from a prompt alone',
  fields: {},
  graph: (context) => sampledClip(context, { schedule: scheduleOfJob(context, context.job), conditioning: 'none' }),
};
