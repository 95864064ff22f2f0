import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { LtxRelease, SigmaSampler } from './ltx-releases';

/** `RectifiedFlowScheduler` in the metadata of an original checkpoint. */
const schema = z.object({
  num_train_timesteps: z.literal(1000).default(1000),
  sampler: z.enum(['Uniform', 'LinearQuadratic']).default('Uniform'),
  shifting: z.literal('SD3').nullish(),
  target_shift_terminal: z.number().gt(0).lt(1).nullish(),
});

/**
 * The scheduler that a checkpoint's metadata describe, in the words of diffusers; the release's own where it says nothing.
 * @throws AiprodError 'unsupported-model' for another scheduler.
 */
export function schedulerOf(
  original: unknown,
  release: LtxRelease,
  where: string,
): { readonly sampler: SigmaSampler; readonly config: Readonly<Record<string, unknown>> } {
  if (original === undefined || original === null) return { sampler: release.sampler, config: release.scheduler };
  const parsed = schema.safeParse(original);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AiprodError('unsupported-model', 'the scheduler that the metadata of the file describe is not built here', {
      where,
      expected: 'RectifiedFlowScheduler with SD3 shifting or none',
      found: `${issue.path.map(String).join('.')}: ${issue.message}`,
    });
  }
  const { sampler, shifting, target_shift_terminal: terminal } = parsed.data;
  return {
    sampler: sampler === 'Uniform' ? 'uniform' : 'linear-quadratic',
    config:
      shifting === 'SD3'
        ? {
            use_dynamic_shifting: true,
            // sd3_resolution_dependent_timestep_shift of the original: fixed anchors.
            ...{ base_shift: 0.95, max_shift: 2.05, base_image_seq_len: 1024, max_image_seq_len: 4096 },
            shift_terminal: terminal ?? null,
          }
        : { use_dynamic_shifting: false },
  };
}
