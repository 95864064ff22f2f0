import { AiprodError } from '../../errors';
import { guidanceOf } from '../guidance-of';
import { fixedSchedule, sampledClip } from '../pipeline-graph';
import { distilledSigmas } from '../presets';
import type { PipelineDefinition } from './definition';
import { keyframeSampling, requireFrames } from './keyframes';

/** A clip of a distilled model: its own few noise levels, and no guidance, which it has learned by heart. */
export const distilled: PipelineDefinition = {
  description: 'a clip of a distilled model, in few steps of fixed noise levels without guidance',
  fields: { conditions: 'optional', imageNoiseScale: 'optional' },
  defaults: (_, { defaults }) => ({ sigmas: [...(defaults.sigmas ?? distilledSigmas)], guidanceScale: 1 }),
  check(job) {
    requireFrames(job);
    if (guidanceOf(job).terms.length === 0) return;
    throw new AiprodError('bad-usage', 'a distilled model is not guided', {
      expected: 'a guidance scale of 1 and no other guidance',
      found: job.guidance === undefined ? `--cfg ${job.guidanceScale} --stg ${job.stgScale}` : 'a list of guidance terms',
      hint: 'Use --cfg 1, or another pipeline',
    });
  },
  graph(context) {
    const { job } = context;
    const schedule = fixedSchedule(job.sigmas ?? distilledSigmas);
    if (job.conditions.length === 0) return sampledClip(context, { schedule, conditioning: 'none' });
    return sampledClip(context, { ...keyframeSampling(context), schedule });
  },
};
