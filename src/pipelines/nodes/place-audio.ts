import { z } from 'zod';
import { packAudioLatents, scaleNoise } from '../../diffusion';
import { nodeKind } from '../dag';
import { audioShapeSchema } from './video-value';

const settings = z.strictObject({
  /** Of the audio latents. */
  shape: audioShapeSchema,
  /** Noise level that given latents are brought to; 0 leaves them as they are. */
  sigma: z.number().min(0).max(1),
});

/** Audio latents as the tokens that denoising begins with. Inputs: `noise`; `given`, latents to refine or keep. Output: `tokens` [1, T, C]. */
export const placeAudioKind = nodeKind({
  name: 'place-audio',
  version: 1,
  outputs: ['tokens'],
  keep: 'never',
  settings,
  run: async (inputs, { settings: { shape, sigma } }) => {
    const noise = inputs.tensor('noise').data;
    const given = inputs.optionalTensor('given');
    const latents = given === undefined ? noise : scaleNoise(given.data, sigma, noise);
    const [batch, channels, frames, bins] = shape;
    return { tokens: { shape: [batch, frames, channels * bins], data: packAudioLatents(latents, shape) } };
  },
});
