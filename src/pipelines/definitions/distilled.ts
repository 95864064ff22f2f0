import { AiprodError } from '../../errors';
import { guidanceOf } from '../guidance-of';
import { fixedSchedule } from '../pipeline-graph';
import { distilledSigmas } from '../presets';
import type { PipelineDefinition } from './definition';
import { keyframeSampling, requireFrames } from './keyframes';
import { requireStages, stagedClip } from './stages';

/** A clip of a distilled model: its own few noise levels, and no guidance, which it has learned by heart. */
export const distilled: PipelineDefinition = {
  description: 'a clip of a distilled model, in few steps of fixed noise levels without guidance',
  fields: { conditions: 'optional', imageCrf: 'optional', imageNoiseScale: 'optional', upsampler: 'optional', refine: 'optional' },
  defaults: (_, { defaults }) => ({ sigmas: [...(defaults.sigmas ?? distilledSigmas)], guidanceScale: 1 }),
  check(job, traits, media) {
    requireFrames(job);
    requireStages(job, traits, media);
    const { terms } = guidanceOf(job);
    if (terms.length === 0) return;
    throw new AiprodError('bad-usage', 'a distilled model is not guided', {
      expected: 'a guidance scale of 1 and no other guidance',
      found: `guidance of kind ${terms.map(({ kind }) => kind).join(', ')}`,
      hint: 'Use --cfg 1 and leave other guidance out, or use another pipeline',
    });
  },
  graph(context) {
    const { job } = context;
    const schedule = fixedSchedule(job.sigmas ?? distilledSigmas);
    if (job.conditions.length === 0) return stagedClip(context, () => ({ schedule, conditioning: 'none' }));
    return stagedClip(context, (size) => ({ ...keyframeSampling(context, size), schedule }));
  },
};
