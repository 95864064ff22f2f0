import { timestepSinusoid } from '../numeric/timestep-embedding';
import { sinusoidChannels } from './timestep-embedder';

/** The `timestep_sinusoid` input of a transformer: one row of 256 for each timestep (0 to 1000), in order. */
export function timestepInput(timesteps: ArrayLike<number>): Float32Array {
  return timestepSinusoid(timesteps, sinusoidChannels);
}

/** Weight that holds by how much the LTX-Video decoder scales decode timesteps (1000 in released models). */
export const decodeTimestepScaleName = 'decoder.timestep_scale_multiplier';

/**
 * The `timestep_sinusoid` input of a VAE decoder.
 * @param timesteps decode timestep of each sample, 0 to 1 (released models: 0.05)
 * @param scale the weight {@link decodeTimestepScaleName}
 */
export function decodeTimestepInput(timesteps: ArrayLike<number>, scale: number): Float32Array {
  return timestepInput(Float32Array.from(timesteps, (timestep) => Math.fround(timestep) * Math.fround(scale)));
}
