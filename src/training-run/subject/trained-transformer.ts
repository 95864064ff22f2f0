import { unpackLatents, type LatentShape, type PatchSize } from '../../diffusion';
import { AiprodError } from '../../errors';
import type { Graph } from '../../graph';
import {
  buildTransformerGraph,
  buildWanTransformerGraph,
  compressionRatios,
  timestepInput,
  wanCompression,
  type LtxPositions,
} from '../../models';
import { timestepSinusoid } from '../../numeric/timestep-embedding';
import type { VideoModel } from '../../pipelines';
import type { StrategyInputs } from '../../training';

/** Shapes that a transformer's graph is traced for. */
export interface TransformerShape {
  readonly batch: number;
  /** Latent frames, rows and columns of each clip. */
  readonly latents: readonly [frames: number, height: number, width: number];
  readonly positions: LtxPositions;
  readonly textLength: number;
  readonly timesteps: 'sample' | 'token';
}

/** A batch whose text is known. */
export interface TransformerBatch extends Pick<StrategyInputs, 'noisy' | 'target'> {
  /** Noise levels, one for each sample or token. */
  readonly levels: Float32Array;
  /** [B, M, D] and [B, M] */
  readonly text: { readonly states: Float32Array; readonly mask: Float32Array };
}

/** What differs between the transformers of the families when they are trained. */
export interface TrainedTransformer {
  readonly latentChannels: number;
  /** Width of the text's states. */
  readonly textWidth: number;
  readonly patch: PatchSize;
  /** Pixels a side, and frames, of one latent pixel. */
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  /** Whether tokens may have noise levels and places of their own, so that some of a clip can be given. */
  readonly givesTokens: boolean;
  /** Before fusion; its output `sample` is the velocity. */
  graph(shape: TransformerShape, dtype: 'f32' | 'f16'): Graph;
  /** What the graph reads, and `target` in the order of its prediction. */
  inputs(batch: TransformerBatch, shape: TransformerShape): { readonly model: Record<string, Float32Array>; readonly target: Float32Array };
}

/** How a model's transformer is trained. @throws AiprodError 'unsupported-model' for what is not trained */
export function trainedTransformer(model: VideoModel): TrainedTransformer {
  switch (model.family) {
    case 'ltx-video':
      return ltxVideo(model);
    case 'wan':
      return wan(model);
    case 'ltx-2':
      throw new AiprodError('unsupported-model', 'the transformer of LTX-2 is not trained yet', {
        where: model.name,
        expected: 'a model of LTX-Video or Wan 2.1; of LTX-2 the VAE alone (model.training_mode: vae)',
      });
  }
}

function ltxVideo({ transformer, vae }: Extract<VideoModel, { family: 'ltx-video' }>): TrainedTransformer {
  return {
    latentChannels: vae.latent_channels,
    textWidth: transformer.caption_channels,
    patch: transformer,
    ratios: compressionRatios(vae),
    givesTokens: true,
    graph: ({ batch, positions, textLength, timesteps }, dtype) =>
      buildTransformerGraph(transformer, { batch, positions, textLength, timesteps, dtype }).graph,
    inputs: ({ noisy, target, levels, text }) => ({
      model: {
        hidden_states: noisy,
        timestep_sinusoid: timestepInput(inThousands(levels)),
        encoder_hidden_states: text.states,
        encoder_attention_mask: text.mask,
      },
      target,
    }),
  };
}

function wan({ name, transformer, vae, imageEncoder }: Extract<VideoModel, { family: 'wan' }>): TrainedTransformer {
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
    inputs({ noisy, target, levels, text }, { batch, latents }) {
      // It cuts latents into patches itself, and has no mask: what stands for padding is zeros.
      const shape: LatentShape = [batch, vae.z_dim, ...latents];
      return {
        model: {
          hidden_states: unpackLatents(noisy, shape, patch),
          timestep_sinusoid: timestepSinusoid(inThousands(levels), transformer.freq_dim),
          encoder_hidden_states: text.states,
        },
        target: unpackLatents(target, shape, patch),
      };
    },
  };
}

/** Noise levels as the timesteps that transformers read. */
const inThousands = (levels: Float32Array): Float32Array => levels.map((sigma) => 1000 * sigma);
