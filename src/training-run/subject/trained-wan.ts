import { unpackLatents, type LatentShape } from '../../diffusion';
import { buildWanTransformerGraph, clipVisionTokens, wanCompression } from '../../models';
import { timestepSinusoid } from '../../numeric/timestep-embedding';
import type { VideoModel } from '../../pipelines';
import { trainingNames } from '../../training';
import { inThousands } from './timesteps';
import type { TrainedTransformer } from './trained-transformer';

/** The transformer of Wan 2.1, as it is trained: of text to video, or of image to video with the first frame of each clip. */
export function trainedWan({
  transformer,
  vae,
  imageEncoder,
}: Pick<Extract<VideoModel, { family: 'wan' }>, 'transformer' | 'vae' | 'imageEncoder'>): TrainedTransformer {
  const image = imageEncoder && {
    channels: transformer.in_channels - vae.z_dim,
    tokens: clipVisionTokens(imageEncoder),
    width: imageEncoder.hidden_size,
  };
  const sizes = image === undefined ? {} : { conditionChannels: image.channels, imageLength: image.tokens };
  const [patch_size_t, patch_size] = transformer.patch_size;
  const patch = { patch_size_t, patch_size };
  return {
    latentChannels: vae.z_dim,
    textWidth: transformer.text_dim,
    patch,
    ratios: wanCompression(vae),
    givesTokens: false,
    ...(image === undefined ? {} : { image }),
    graph: ({ batch, latents: [frames, height, width], textLength }, dtype) =>
      buildWanTransformerGraph(transformer, { batch, frames, height, width, textLength, ...sizes, dtype }).graph,
    inputs({ video: { noisy, target, levels }, text, image: shown }, { batch, latents }) {
      // It cuts latents into patches itself, and has no mask: what stands for padding is zeros.
      const shape: LatentShape = [batch, vae.z_dim, ...latents];
      return {
        hidden_states: unpackLatents(noisy, shape, patch),
        timestep_sinusoid: timestepSinusoid(inThousands(levels), transformer.freq_dim),
        encoder_hidden_states: text.states,
        ...(shown === undefined ? {} : { condition: shown.condition, encoder_hidden_states_image: shown.states }),
        [trainingNames.target]: unpackLatents(target, shape, patch),
      };
    },
  };
}
