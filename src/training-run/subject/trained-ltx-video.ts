import { buildTransformerGraph, compressionRatios, timestepInput } from '../../models';
import type { VideoModel } from '../../pipelines';
import { trainingNames } from '../../training';
import { inThousands } from './timesteps';
import type { TrainedTransformer } from './trained-transformer';

/** The transformer of LTX-Video, as it is trained. */
export function trainedLtxVideo({ transformer, vae }: Extract<VideoModel, { family: 'ltx-video' }>): TrainedTransformer {
  return {
    latentChannels: vae.latent_channels,
    textWidth: transformer.caption_channels,
    patch: transformer,
    ratios: compressionRatios(vae),
    givesTokens: true,
    graph: ({ batch, positions, textLength, timesteps }, dtype) =>
      buildTransformerGraph(transformer, { batch, positions, textLength, timesteps, dtype }).graph,
    inputs: ({ video: { noisy, target, levels }, text }) => ({
      hidden_states: noisy,
      timestep_sinusoid: timestepInput(inThousands(levels)),
      encoder_hidden_states: text.states,
      encoder_attention_mask: text.mask,
      [trainingNames.target]: target,
    }),
  };
}
