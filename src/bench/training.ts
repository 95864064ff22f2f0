/** What the suite `train` trains: models as configurations, their data, and the step that everybody computes. */
import { compileGraph, elementCount, plainestCapabilities, programFlops, slice, Tracer, type Graph } from '../graph';
import {
  buildTransformerGraph,
  ltxTransformerRotaryTable,
  ltxVaeDecoder,
  ltxVaeEncoder,
  parameterShapes,
  parseLtxTransformerConfig,
  parseLtxVaeConfig,
  timestepInput,
} from '../models';
import { randomNormal } from '../numeric/random';
import type { WorkData, WorkTensor } from './work';

/** One training step: forward, mean squared error, backward, AdamW over every parameter. */
export type Training =
  /** An LTX-Video transformer that predicts a target from noisy latents. */
  | {
      readonly model: 'transformer';
      readonly batch: number;
      readonly frames: number;
      readonly height: number;
      readonly width: number;
      readonly textTokens: number;
      readonly latentChannels: number;
      readonly captionChannels: number;
      readonly heads: number;
      readonly headDim: number;
      readonly layers: number;
    }
  /** An LTX-Video VAE of the embedded model's layout that reconstructs videos; `channels` are those of its first block. */
  | {
      readonly model: 'vae';
      readonly batch: number;
      readonly frames: number;
      readonly height: number;
      readonly width: number;
      readonly latentChannels: number;
      readonly channels: number;
    };

export type TrainingOf<Model extends Training['model']> = Extract<Training, { readonly model: Model }>;

export interface TrainingCase {
  readonly name: string;
  readonly training: Training;
}

const embeddedTransformer = { model: 'transformer', latentChannels: 48, captionChannels: 128, heads: 6, headDim: 32, layers: 6 } as const;
const clip = { frames: 5, height: 4, width: 4, textTokens: 24 } as const;
const embeddedVae = { model: 'vae', latentChannels: 48, channels: 64 } as const;

/** The embedded model at the sizes of its clips, and at sizes that every machine can measure. */
export const trainingCases: readonly TrainingCase[] = [
  { name: 'embedded transformer, 4 clips of 80 tokens', training: { ...embeddedTransformer, ...clip, batch: 4 } },
  { name: 'embedded VAE, 9x32x32', training: { ...embeddedVae, batch: 1, frames: 9, height: 32, width: 32 } },
  { name: 'embedded transformer, 8 clips of 80 tokens', training: { ...embeddedTransformer, ...clip, batch: 8 } },
  { name: 'embedded VAE, 17x64x64', training: { ...embeddedVae, batch: 1, frames: 17, height: 64, width: 64 } },
];

/** AdamW as everybody computes it. */
export const trainingOptimizer = { type: 'adamw', betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.01 } as const;
export const trainingRate = 1e-4;

/** Name of the graph's output that is compared with the input `target`. */
export const predictionName = 'sample';

/** The model's forward pass. */
export function trainingModel(training: Training, dtype: 'f32' | 'f16'): Graph {
  return training.model === 'transformer' ? transformerGraph(training, dtype) : vaeGraph(training, dtype);
}

function transformerConfig({ latentChannels, captionChannels, heads, headDim, layers }: TrainingOf<'transformer'>) {
  return parseLtxTransformerConfig(
    {
      in_channels: latentChannels,
      out_channels: latentChannels,
      num_attention_heads: heads,
      attention_head_dim: headDim,
      cross_attention_dim: heads * headDim,
      num_layers: layers,
      caption_channels: captionChannels,
    },
    'bench',
  );
}

function transformerGraph(training: TrainingOf<'transformer'>, dtype: 'f32' | 'f16'): Graph {
  const { batch, frames, height, width, textTokens } = training;
  const options = { batch, positions: { frames, height, width }, textLength: textTokens, masked: false, dtype };
  return buildTransformerGraph(transformerConfig(training), options).graph;
}

function vaeGraph({ batch, frames, height, width, latentChannels, channels }: TrainingOf<'vae'>, dtype: 'f32' | 'f16'): Graph {
  const config = parseLtxVaeConfig(
    {
      in_channels: 3,
      out_channels: 3,
      latent_channels: latentChannels,
      block_out_channels: [channels, 2 * channels, 2 * channels],
      down_block_types: ['LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D'],
      decoder_block_out_channels: [channels, 2 * channels],
      layers_per_block: [0, 1, 1],
      decoder_layers_per_block: [1, 2, 1],
      spatio_temporal_scaling: [true, true],
      decoder_spatio_temporal_scaling: [true, true],
      decoder_inject_noise: [false, false, false],
      downsample_type: ['spatiotemporal', 'spatiotemporal'],
      upsample_residual: [true, true],
      upsample_factor: [1, 2],
      timestep_conditioning: false,
      patch_size: 4,
      patch_size_t: 1,
      encoder_causal: true,
      decoder_causal: false,
    },
    'bench',
  );
  const tracer = new Tracer({ dtype });
  const video = tracer.input('video', [batch, 3, frames, height, width], 'f32');
  const means = slice(ltxVaeEncoder(tracer, config, video), 1, 0, latentChannels);
  tracer.output(predictionName, ltxVaeDecoder(tracer, config, { latents: means }));
  return tracer.finish();
}

/** Floating-point operations of a step, by the usual count: the backward pass is two products for each one of the forward pass. */
export function trainingFlops(training: Training): number {
  return 3 * programFlops(compileGraph(trainingModel(training, 'f32'), { capabilities: plainestCapabilities }));
}

export interface TrainingData {
  /** By the name of the graph's input; `target` too. A transformer's rotary tables, constants of our graph, are `cos` and `sin`. */
  readonly inputs: WorkData;
  /** As PyTorch stores them. */
  readonly parameters: WorkData;
}

/** Reproducible data for a step. */
export function trainingData(training: Training): TrainingData {
  const graph = trainingModel(training, 'f32');
  let stream = 0;
  const normal = (shape: readonly number[], deviation: number): WorkTensor => ({
    shape,
    data: randomNormal(3, stream++, elementCount(shape)).map((value) => value * deviation),
  });
  const parameters = new Map<string, WorkTensor>();
  for (const [name, shape] of parameterShapes(graph)) {
    parameters.set(name, normal(shape, shape.length === 1 ? 0.5 : Math.sqrt(shape[0] / elementCount(shape))));
  }
  const inputs = new Map<string, WorkTensor>();
  if (training.model === 'vae') {
    const { batch, frames, height, width } = training;
    const video = normal([batch, 3, frames, height, width], 0.5);
    return { parameters, inputs: inputs.set('video', video).set('target', video) };
  }
  const { batch, frames, height, width, textTokens, latentChannels, captionChannels } = training;
  const tokens = frames * height * width;
  const { cos, sin, shape } = ltxTransformerRotaryTable(transformerConfig(training), { frames, height, width });
  const timesteps = Array.from({ length: batch }, (_, row) => (1000 * (row + 1)) / (batch + 1));
  inputs
    .set('hidden_states', normal([batch, tokens, latentChannels], 1))
    .set('encoder_hidden_states', normal([batch, textTokens, captionChannels], 1))
    .set('timestep_sinusoid', { shape: [batch, 1, 256], data: timestepInput(timesteps) })
    .set('cos', { shape, data: cos })
    .set('sin', { shape, data: sin })
    .set('target', normal([batch, tokens, latentChannels], 1));
  return { parameters, inputs };
}
