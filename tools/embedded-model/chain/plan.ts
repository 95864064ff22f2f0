import type { LearningRateSchedule, OptimizerConfig, VaeLossWeights } from '../../../src/training';
import {
  compressionRatios,
  parseLtxTransformerConfig,
  parseLtxVaeConfig,
  parseTextEncoderConfig,
  type LtxTransformerConfig,
  type LtxVaeConfig,
  type TextEncoderConfig,
} from '../../../src/models';
import { textLength, worldVocabulary } from '../world/captions';
import { worldSize, type ClipSize } from '../world/render';

/** A stretch of the autoencoder's training. */
export interface VaePhase {
  /** Share of the steps after which it begins. */
  readonly from: number;
  readonly batch: number;
  /** Windows that are cut out of the clips, near an object. */
  readonly window: ClipSize;
}

/** Everything that a model is made by. Configurations are kept as they are exported, too. */
export interface ChainPlan {
  readonly clip: ClipSize;
  readonly frameRate: number;
  readonly vae: { readonly json: Readonly<Record<string, unknown>>; readonly config: LtxVaeConfig };
  readonly transformer: { readonly json: Readonly<Record<string, unknown>>; readonly config: LtxTransformerConfig };
  readonly text: { readonly json: Readonly<Record<string, unknown>>; readonly config: TextEncoderConfig };
  readonly textLength: number;
  readonly vaeTraining: TrainingPlan & { readonly phases: readonly VaePhase[] };
  readonly latentClips: number;
  readonly transformerTraining: TrainingPlan & { readonly batch: number };
  /** How the model is sampled. */
  readonly sampling: { readonly steps: number; readonly guidance: number; readonly shift: number };
}

export interface TrainingPlan {
  readonly steps: number;
  readonly rate: number;
  readonly optimizer: OptimizerConfig;
  /** Most that the decay of the averaged weights is. */
  readonly averageDecay: number;
}

export interface PlanSteps {
  readonly vae: number;
  readonly transformer: number;
  readonly clips: number;
}

/** Tables, embeddings and the first and last layers: no matrices between a model's own channels. */
const outerLayers = /shared\.weight$|scale_shift_table$|\.proj_(in|out)\.weight$|caption_projection|time_embed/;
const optimizer: OptimizerConfig = {
  type: 'muon',
  adjust: 'match_rms_adamw',
  weightDecay: 0,
  adamw: { betas: [0.9, 0.98], eps: 1e-8, weightDecay: 0 },
  others: (name) => outerLayers.test(name),
};

function vaeJson(latentChannels: number, widths: readonly [number, number, number], upWidth: number): Readonly<Record<string, unknown>> {
  return {
    _class_name: 'AutoencoderKLLTXVideo',
    in_channels: 3,
    out_channels: 3,
    latent_channels: latentChannels,
    block_out_channels: widths,
    down_block_types: ['LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D'],
    spatio_temporal_scaling: [true, true],
    downsample_type: ['spatiotemporal', 'spatiotemporal'],
    layers_per_block: [0, 1, 1],
    decoder_block_out_channels: [upWidth, widths[2]],
    decoder_layers_per_block: [1, 2, 1],
    decoder_spatio_temporal_scaling: [true, true],
    decoder_inject_noise: [false, false, false],
    upsample_residual: [true, true],
    upsample_factor: [2, 2],
    timestep_conditioning: false,
    patch_size: 2,
    patch_size_t: 1,
    resnet_norm_eps: 1e-6,
    scaling_factor: 1,
    encoder_causal: true,
    decoder_causal: false,
    spatial_compression_ratio: 8,
    temporal_compression_ratio: 4,
  };
}

function transformerJson(
  latentChannels: number,
  heads: number,
  headDim: number,
  layers: number,
  textWidth: number,
): Readonly<Record<string, unknown>> {
  return {
    _class_name: 'LTXVideoTransformer3DModel',
    in_channels: latentChannels,
    out_channels: latentChannels,
    patch_size: 1,
    patch_size_t: 1,
    num_attention_heads: heads,
    attention_head_dim: headDim,
    cross_attention_dim: heads * headDim,
    num_layers: layers,
    activation_fn: 'gelu-approximate',
    qk_norm: 'rms_norm_across_heads',
    norm_elementwise_affine: false,
    norm_eps: 1e-6,
    caption_channels: textWidth,
    attention_bias: true,
    attention_out_bias: true,
  };
}

function textJson(words: number, width: number, layers: number, heads: number, inner: number): Readonly<Record<string, unknown>> {
  return {
    architectures: ['T5EncoderModel'],
    model_type: 't5',
    vocab_size: words,
    d_model: width,
    d_kv: width / heads,
    d_ff: inner,
    num_layers: layers,
    num_heads: heads,
    relative_attention_num_buckets: 16,
    relative_attention_max_distance: 32,
    dropout_rate: 0,
    layer_norm_epsilon: 1e-6,
    feed_forward_proj: 'gated-gelu',
    is_encoder_decoder: false,
    use_cache: false,
    pad_token_id: 0,
    eos_token_id: 1,
  };
}

function planOf(
  jsons: {
    vae: Readonly<Record<string, unknown>>;
    transformer: Readonly<Record<string, unknown>>;
    text: Readonly<Record<string, unknown>>;
  },
  rest: Omit<ChainPlan, 'vae' | 'transformer' | 'text' | 'textLength' | 'frameRate'>,
): ChainPlan {
  return {
    vae: { json: jsons.vae, config: parseLtxVaeConfig(jsons.vae) },
    transformer: { json: jsons.transformer, config: parseLtxTransformerConfig(jsons.transformer) },
    text: { json: jsons.text, config: parseTextEncoderConfig(jsons.text) },
    textLength,
    frameRate: 8,
    ...rest,
  };
}

/**
 * The model to ship. 8 x 8 x 4 compression to 16 channels (320 tokens, 41 numbers of pixels to one of latents) in place of the first
 * model's 16 x 16 x 4 to 48: a small object is two latent pixels wide and not one. A clip of 10 steps with guidance takes 45 GFLOP, 8 of
 * them to decode; the first model's took 16.
 */
export function shippedPlan(steps: PlanSteps = { vae: 8000, transformer: 6000, clips: 8000 }): ChainPlan {
  return planOf(
    {
      vae: vaeJson(16, [32, 64, 128], 64),
      transformer: transformerJson(16, 5, 32, 6, 128),
      text: textJson(worldVocabulary().length, 128, 2, 4, 256),
    },
    {
      clip: worldSize,
      vaeTraining: {
        steps: steps.vae,
        rate: 3e-3,
        optimizer,
        averageDecay: 0.995,
        phases: [
          { from: 0, batch: 8, window: { frames: 9, size: 32 } },
          { from: 0.4, batch: 8, window: worldSize },
        ],
      },
      latentClips: steps.clips,
      transformerTraining: { steps: steps.transformer, batch: 32, rate: 3e-3, optimizer, averageDecay: 0.998 },
      sampling: { steps: 10, guidance: 3, shift: 2 },
    },
  );
}

/** The same chain small enough for a test: nothing that it makes is of use. */
export function tinyPlan(steps: PlanSteps): ChainPlan {
  const clip = { frames: 5, size: 16 };
  return planOf(
    { vae: vaeJson(4, [8, 8, 16], 8), transformer: transformerJson(4, 2, 8, 1, 8), text: textJson(worldVocabulary().length, 8, 1, 2, 8) },
    {
      clip,
      vaeTraining: {
        steps: steps.vae,
        rate: 2e-3,
        optimizer,
        averageDecay: 0.5,
        phases: [{ from: 0, batch: 1, window: clip }],
      },
      latentClips: steps.clips,
      transformerTraining: { steps: steps.transformer, batch: 2, rate: 2e-3, optimizer, averageDecay: 0.5 },
      sampling: { steps: 2, guidance: 2, shift: 1 },
    },
  );
}

/** Sizes of a clip's latents: frames, rows and columns. */
export function latentGrid({ vae, clip }: ChainPlan): readonly [number, number, number] {
  const { spatial, temporal } = compressionRatios(vae.config);
  return [(clip.frames - 1) / temporal + 1, clip.size / spatial, clip.size / spatial];
}

/** Warm-up, a constant stretch, then down to a fiftieth. */
export function scheduleOf({ steps, rate }: TrainingPlan): LearningRateSchedule {
  const warmupSteps = Math.min(50, Math.floor(steps / 20));
  const stableSteps = Math.floor((steps - warmupSteps) * 0.45);
  const decaySteps = Math.max(1, steps - warmupSteps - stableSteps);
  return { type: 'warmup_stable_decay', rate, warmupSteps, stableSteps, decaySteps, decay: 'linear', minimumShare: 0.02 };
}

/** What the parts of the autoencoder's loss count after a share of its steps: squared error first, whose gradient fades where it fits. */
export function vaeLossAt(share: number): VaeLossWeights {
  const later = Math.min(1, Math.max(0, (share - 0.35) / 0.05));
  return { squared: 2, absolute: 0.3 * later, edges: share < 0.6 ? 0 : 0.25, divergence: 5e-5 };
}
