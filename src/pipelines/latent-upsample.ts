import { AiprodError } from '../errors';
import { adainFilter, denormalizeLatents, normalizeLatents, toneMapLatents, type LatentStatistics } from '../diffusion';
import type { Video } from '../models';

export interface LatentUpsampleRequest {
  /** [B, C, F, H, W] in the model's units. */
  readonly latents: Video;
  /** Of the VAE that the latents belong to. */
  readonly statistics: LatentStatistics;
  /** Runs the upsampler on latents in the VAE's units. */
  upsample(latents: Video): Promise<Video>;
  /** How far each channel takes back the mean and deviation it had before, 0 (not at all) to 1. Default 0. */
  readonly adainFactor?: number;
  /** How far large values are compressed, 0 (not at all) to 1. Default 0. */
  readonly toneMapCompression?: number;
}

/** Enlarges latents between two passes of denoising (`LTXLatentUpsamplePipeline`); the result is in the model's units. */
export async function upsampleLatents(request: LatentUpsampleRequest): Promise<Video> {
  const { latents, statistics, adainFactor = 0, toneMapCompression = 0 } = request;
  if (!(adainFactor >= 0 && Number.isFinite(adainFactor))) {
    throw new AiprodError('bad-usage', 'the AdaIN factor is not usable', {
      expected: 'a number of at least 0',
      found: String(adainFactor),
    });
  }
  const reference = denormalizeLatents(latents.data, latents.shape, statistics);
  const { shape, data } = await request.upsample({ shape: latents.shape, data: reference });
  const matched = adainFactor > 0 ? adainFilter(data, shape, reference, latents.shape, adainFactor) : data;
  const mapped = toneMapCompression === 0 ? matched : toneMapLatents(matched, toneMapCompression);
  return { shape, data: normalizeLatents(mapped, shape, statistics) };
}
