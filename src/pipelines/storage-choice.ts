import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import type { WeightOption } from '../weights';
import type { ResolvedJob } from './job';

/** What of a device types are chosen by. */
export type ChoosingContext = Pick<GpuContext, 'capabilities'> & Partial<Pick<GpuContext, 'gpu'>>;

/** Storage type of a job on a device: f16 where the adapter has it, unless the job says otherwise. */
export function chooseDtype(job: Pick<ResolvedJob, 'dtype'>, { capabilities, gpu }: ChoosingContext): 'f32' | 'f16' {
  if (job.dtype === 'auto') return capabilities.f16 ? 'f16' : 'f32';
  if (job.dtype === 'f16' && !capabilities.f16) {
    throw new AiprodError('missing-feature', 'this adapter cannot compute in f16', {
      expected: 'the shader-f16 feature',
      found: gpu?.adapter.description ?? 'an adapter without it',
      hint: 'Use --dtype f32 or auto',
    });
  }
  return job.dtype;
}

/** On the processor decoding costs time and memory is plenty, unless a budget says otherwise. */
export function chooseWeights(
  { weights }: Pick<ResolvedJob, 'weights'>,
  { capabilities }: ChoosingContext,
  memoryBudget: number | undefined,
): WeightOption {
  if (weights !== 'auto') return weights;
  return capabilities.software && memoryBudget === undefined ? 'plain' : 'as-stored';
}
