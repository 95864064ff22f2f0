import { unpackLatents, type LatentShape } from '../../diffusion';
import { AiprodError } from '../../errors';
import { buildWanTransformerGraph, wanCompression } from '../../models';
import { timestepSinusoid } from '../../numeric/timestep-embedding';
import type { VideoModel } from '../../pipelines';
import { trainingNames } from '../../training';
import { inThousands } from './timesteps';
import type { TrainedTransformer } from './trained-transformer';

/** The transformer of Wan 2.1, as it is trained. @throws AiprodError 'unsupported-model' for image to video */
export function trainedWan({ name, transformer, vae, imageEncoder }: Extract<VideoModel, { family: 'wan' }>): TrainedTransformer {
  if (imageEncoder !== undefined) {
    throw new AiprodError('unsupported-model', 'of Wan 2.1 text to video is trained alone', {
      where: name,
      expected: 'a model without an image encoder',
      found: 'one that begins with an image',
    });
  }
  const [patch_size_t, patch_size] = transformer.patch_size;
  const patch = { patch_size_t, patch_size };
  return {
    latentChannels: vae.z_dim,
    textWidth: transformer.text_dim,
    patch,
    ratios: wanCompression(vae),
    givesTokens: false,
    graph: ({ batch, latents: [frames, height, width], textLength }, dtype) =>
      buildWanTransformerGraph(transformer, { batch, frames, height, width, textLength, dtype }).graph,
    inputs({ video: { noisy, target, levels }, text }, { batch, latents }) {
      // It cuts latents into patches itself, and has no mask: what stands for padding is zeros.
      const shape: LatentShape = [batch, vae.z_dim, ...latents];
      return {
        hidden_states: unpackLatents(noisy, shape, patch),
        timestep_sinusoid: timestepSinusoid(inThousands(levels), transformer.freq_dim),
        encoder_hidden_states: text.states,
        [trainingNames.target]: unpackLatents(target, shape, patch),
      };
    },
  };
}
