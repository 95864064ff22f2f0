import { z } from 'zod';
import { packAudioLatents, scaleNoise } from '../../diffusion';
import { nodeKind } from '../dag';
import { audioShapeSchema } from './video-value';

const settings = z.strictObject({
  /** Of the audio latents. */
  shape: audioShapeSchema,
  /** Noise level that given latents are brought to; 0 leaves them as they are. */
  sigma: z.number().min(0).max(1),
  /** Latent frames [from, to) of given latents that are made anew, from noise; absent where all are denoised from `sigma` on. */
  free: z.tuple([z.int().min(0), z.int().min(0)]).optional(),
});

/** Audio latents as the tokens that denoising begins with. Inputs: `noise`; `given`, latents to refine or keep. Outputs: `tokens` [1, T, C], `strengths` [T], 1 where they stay. */
export const placeAudioKind = nodeKind({
  name: 'place-audio',
  version: 1,
  outputs: ['tokens', 'strengths'],
  keep: 'never',
  settings,
  run: async (inputs, { settings: { shape, sigma, free } }) => {
    const noise = inputs.tensor('noise').data;
    const given = inputs.optionalTensor('given');
    const latents = given === undefined ? noise : scaleNoise(given.data, sigma, noise);
    const [batch, channels, frames, bins] = shape;
    const tokens = packAudioLatents(latents, shape);
    const strengths = new Float32Array(frames).fill(free === undefined ? 0 : 1);
    if (free !== undefined) {
      const fresh = packAudioLatents(noise, shape);
      const [from, to] = free.map((frame) => Math.min(frame, frames));
      tokens.set(fresh.subarray(from * channels * bins, to * channels * bins), from * channels * bins);
      strengths.fill(0, from, to);
    }
    return { tokens: { shape: [batch, frames, channels * bins], data: tokens }, strengths: { shape: [frames], data: strengths } };
  },
});
