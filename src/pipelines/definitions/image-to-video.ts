import { decodedClip, sampledClip } from '../decoding-graph';
import { imageNodes, samplingNodes, scheduleOfJob, type GraphContext, type PipelineGraph } from '../pipeline-graph';
import type { PipelineDefinition } from './definition';
import { firstFrameConditioning, firstFrameConditions, requireFirstFrame } from './first-frame';

/** A clip that begins with an image (`LTXImageToVideoPipeline`). */
export const imageToVideo: PipelineDefinition = {
  description: 'a clip that begins with an image',
  fields: { conditions: 'required', imageCrf: 'optional' },
  check: requireFirstFrame,
  graph(context) {
    if (context.image !== undefined) return withImageEncoder(context);
    return sampledClip(context, {
      schedule: scheduleOfJob(context, context.job),
      conditions: firstFrameConditions(context.job, context.media),
      conditioning: firstFrameConditioning(context),
    });
  },
};

/** The same for models that read the image beside the latents (`WanImageToVideoPipeline`). */
function withImageEncoder(context: GraphContext): PipelineGraph {
  const { job, media } = context;
  const [{ media: image }] = firstFrameConditions(job, media);
  const { nodes, ...read } = imageNodes(context, image);
  const { width, height, frames } = job;
  const schedule = scheduleOfJob(context, job);
  const sampled = samplingNodes(context, { width, height, frames, schedule, conditioning: 'none', image: read });
  return decodedClip(context, { ...sampled, nodes: [...nodes, ...sampled.nodes] });
}
