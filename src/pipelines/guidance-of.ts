import { guidanceSchema, type Guidance, type GuidanceInput } from '../diffusion';
import type { Job } from './job';

/** No guidance at all. */
export const unguided: Guidance = { space: 'velocity', terms: [] };

type GuidanceFields = Pick<Job, 'guidance' | 'guidanceRescale' | 'stgScale' | 'stgBlocks'> & { readonly guidanceScale: number };

/** The guider of a job: its list of terms, or what its scales say. */
export function guidanceOf(job: GuidanceFields): Guidance {
  if (job.guidance !== undefined) return job.guidance;
  const { guidanceScale, guidanceRescale, stgScale, stgBlocks } = job;
  const terms: GuidanceInput['terms'] = [];
  if (guidanceScale !== 1) terms.push({ kind: 'cfg', scale: guidanceScale });
  if (stgScale > 0) terms.push({ kind: 'stg', scale: stgScale, ...(stgBlocks === undefined ? {} : { blocks: stgBlocks }) });
  // Rescaling follows what other terms did; alone it would do nothing.
  if (guidanceRescale > 0 && terms.length > 0) terms.push({ kind: 'rescale', phi: guidanceRescale });
  return guidanceSchema.parse({ terms });
}
