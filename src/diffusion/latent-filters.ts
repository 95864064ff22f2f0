import { AiprodError } from '../errors';
import { exp } from '../numeric/elementary';
import type { LatentShape } from './patchifiers';
import { meanAndStd } from './statistics';

const fround = Math.fround;

/**
 * Adaptive instance normalisation of latents [B, C, F, H, W]: gives every channel of every sample the mean and standard
 * deviation that it has in `reference`, blended by `factor` (0: unchanged, 1: fully). Huang and Belongie 2017;
 * `adain_filter_latent` of LTXLatentUpsamplePipeline, which uses it after upsampling.
 *
 * @param reference [B, C, ...], of any frame and pixel counts
 */
export function adainFilter(
  latents: Float32Array,
  shape: LatentShape,
  reference: Float32Array,
  referenceShape: LatentShape,
  factor: number,
): Float32Array {
  const channels = shape[0] * shape[1];
  if (channels !== referenceShape[0] * referenceShape[1] || shape[1] !== referenceShape[1]) {
    throw new AiprodError('shape-mismatch', 'The reference latents do not match', {
      expected: `batch ${shape[0]} and ${shape[1]} channels`,
      found: `batch ${referenceShape[0]} and ${referenceShape[1]} channels`,
    });
  }
  const volume = latents.length / channels;
  const referenceVolume = reference.length / channels;
  const filtered = new Float32Array(latents.length);
  const weight = fround(factor);
  for (let channel = 0; channel < channels; channel++) {
    const own = meanAndStd(latents, channel * volume, (channel + 1) * volume);
    const wanted = meanAndStd(reference, channel * referenceVolume, (channel + 1) * referenceVolume);
    for (let i = channel * volume; i < (channel + 1) * volume; i++) {
      const matched = fround(fround(fround(fround(latents[i] - own.mean) / own.std) * wanted.std) + wanted.mean);
      const difference = fround(matched - latents[i]);
      // Interpolates from the nearer end, so that factor 1 gives `matched` exactly.
      if (weight < 0.5) filtered[i] = latents[i] + fround(weight * difference);
      else filtered[i] = matched - fround(difference * fround(1 - weight));
    }
  }
  return filtered;
}

/**
 * Compresses large latent values: `x (1 - 0.8 s sigmoid(4 s (|x| - 1)))` with `s = 0.75 compression`
 * (`tone_map_latents` of LTXLatentUpsamplePipeline).
 *
 * @param compression 0 (unchanged) to 1
 */
export function toneMapLatents(latents: Float32Array, compression: number): Float32Array {
  if (!(compression >= 0 && compression <= 1)) {
    throw new AiprodError('bad-usage', 'The tone-map compression is out of range', {
      expected: 'a number from 0 to 1',
      found: String(compression),
    });
  }
  const strength = compression * 0.75;
  const slope = fround(4 * strength);
  const depth = fround(0.8 * strength);
  return latents.map((x) => {
    const sigmoid = fround(1 / (1 + exp(-fround(slope * fround(Math.abs(x) - 1)))));
    return x * fround(1 - fround(depth * sigmoid));
  });
}
