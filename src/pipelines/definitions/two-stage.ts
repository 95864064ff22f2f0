import { unguided } from '../guidance-of';
import { decodedClip, fixedSchedule, latentShapeOf, samplingNodes, scheduleOfJob } from '../pipeline-graph';
import { ref } from '../nodes/video-value';
import { secondStageSigmas } from '../presets';
import type { PipelineDefinition } from './definition';
import { firstFrameConditioning, firstFrameConditions, requireFirstFrame } from './first-frame';

/** How much the upsampler enlarges width and height. */
const enlargement = 2;

/**
 * A clip made at half the size, enlarged by the latent upsampler, then refined by a few steps without guidance (LTX-2's two
 * stages, LTX-Video's multi-scale pipeline).
 */
export const twoStage: PipelineDefinition = {
  description: 'a clip made small, enlarged by the latent upsampler, then refined',
  fields: { upsampler: 'required', refine: 'optional', conditions: 'optional' },
  sizeFactor: enlargement,
  check: requireFirstFrame,
  graph(context) {
    const { job, media, identity } = context;
    const { width, height, frames } = job;
    const small = { width: width / enlargement, height: height / enlargement, frames };
    const conditions = firstFrameConditions(job, media);
    const conditioning = firstFrameConditioning(job);
    const first = samplingNodes(context, { ...small, schedule: scheduleOfJob(context, small), conditions, conditioning });
    const second = samplingNodes(context, {
      suffix: '-2',
      width,
      height,
      frames,
      schedule: fixedSchedule(job.refine?.sigmas ?? secondStageSigmas),
      conditions,
      conditioning,
      refine: ref('upsample', 'latents'),
      guidance: job.refine?.guidance ?? unguided,
      audioGuidance: unguided,
      ...(first.audio === undefined ? {} : { refineAudio: first.audio }),
    });
    return decodedClip(context, {
      ...second,
      nodes: [
        ...first.nodes,
        {
          name: 'upsample',
          kind: 'upsample-latents',
          inputs: { latents: first.latents },
          settings: {
            shape: [...latentShapeOf(context, small)],
            adainFactor: job.refine?.adainFactor ?? 0,
            toneMapCompression: job.refine?.toneMapCompression ?? 0,
            model: [identity.upsampler, identity.vae],
          },
          placement: 'gpu',
        },
        ...second.nodes,
      ],
    });
  },
};
