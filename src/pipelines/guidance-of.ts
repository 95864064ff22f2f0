import { guidanceSchema, type Guidance, type GuidanceInput } from '../diffusion';
import type { Job } from './job';

/** No guidance at all. */
export const unguided: Guidance = { space: 'velocity', terms: [] };

type GuidanceFields = Pick<Job, 'guidance' | 'guidanceRescale' | 'stgScale' | 'stgBlocks' | 'modalityScale'> & {
  readonly guidanceScale: number;
};

/** What the scales of a job are applied to: velocities by LTX-Video, clean latents by LTX-2. */
type Space = Guidance['space'];

/** The guider of a job: its list of terms, or what its scales say. */
export function guidanceOf(job: GuidanceFields, space: Space = 'velocity'): Guidance {
  return job.guidance ?? termsOf(job, space);
}

/** The guider of a job's sound: what its own scales say, and where it has none those of the picture. */
export function audioGuidanceOf(job: GuidanceFields & Pick<Job, 'audioGuidance'>, space: Space = 'velocity'): Guidance {
  const { audioGuidance } = job;
  if (audioGuidance === undefined) return guidanceOf(job, space);
  const { guidanceScale, guidanceRescale, stgScale, modalityScale } = audioGuidance;
  const own = {
    guidanceScale: guidanceScale ?? job.guidanceScale,
    guidanceRescale: guidanceRescale ?? job.guidanceRescale,
    stgScale: stgScale ?? job.stgScale,
    modalityScale: modalityScale ?? job.modalityScale,
  };
  return termsOf({ ...job, ...own }, job.guidance?.space ?? space);
}

function termsOf(job: Omit<GuidanceFields, 'guidance'>, space: Space): Guidance {
  const { guidanceScale, guidanceRescale, stgScale, stgBlocks, modalityScale } = job;
  const terms: GuidanceInput['terms'] = [];
  if (guidanceScale !== 1) terms.push({ kind: 'cfg', scale: guidanceScale });
  if (stgScale > 0) terms.push({ kind: 'stg', scale: stgScale, ...(stgBlocks === undefined ? {} : { blocks: stgBlocks }) });
  if (modalityScale !== 1) terms.push({ kind: 'modality', scale: modalityScale });
  // Rescaling follows what other terms did; alone it would do nothing.
  if (guidanceRescale > 0 && terms.length > 0) terms.push({ kind: 'rescale', phi: guidanceRescale });
  return guidanceSchema.parse({ space, terms });
}
