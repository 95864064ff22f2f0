import { add, multiply, reshape, Tracer, type Graph, type Tensor } from '../../graph';
import { compressionRatios, ltxVaeDecoder, ltxVaeEncoder, type LtxVaeConfig } from '../../models';
import { AiprodError } from '../../errors';
import { meanAbsoluteError, meanSquaredError } from '../losses';
import { edgeError } from './edge-error';
import { divergenceFromNormal, posteriorOf, reparameterised } from './posterior';

/** Parts of a VAE's loss. */
export const vaeLossTerms = ['squared', 'absolute', 'edges', 'divergence'] as const;
export type VaeLossTerm = (typeof vaeLossTerms)[number];
/** What each part counts; they may change from step to step. */
export type VaeLossWeights = Readonly<Record<VaeLossTerm, number>>;

/** Names of the training graph's inputs and outputs. */
export const vaeTrainingNames = {
  /** Input [B, 3, F, H, W], -1 to 1: what is encoded, and what the decoder is to give back. */
  video: 'video',
  /** Input of the latents' shape: standard normal. */
  noise: 'noise',
  /** Input [B, 1, F, H, W]: weight of each pixel in the squared and the absolute error. */
  weight: 'pixel_weight',
  /** Inputs [1]: what each part of the loss counts. */
  term: (name: VaeLossTerm): string => `loss_weight.${name}`,
  /** Output [1], f32. */
  loss: 'loss',
  /** Output [B, 3, F, H, W]. */
  reconstruction: 'reconstruction',
} as const;

export interface VaeTrainingGraphOptions {
  readonly batch: number;
  /** Frames, rows and columns of the clips, in pixels. */
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  /** Whether {@link vaeTrainingNames.weight} is an input; else all pixels count the same. */
  readonly weighted?: boolean;
  readonly dtype?: 'f32' | 'f16';
}

/** The shape of the latents of clips of a size, [B, C, F, H, W]. */
export function latentShape(config: LtxVaeConfig, { batch, frames, height, width }: VaeTrainingGraphOptions): number[] {
  const { spatial, temporal } = compressionRatios(config);
  return [batch, config.latent_channels, (frames - 1) / temporal + 1, height / spatial, width / spatial];
}

/**
 * Encoder, draw, decoder and loss as one graph, over the models that inference runs; {@link vaeTrainingNames} says its inputs and outputs.
 * @throws AiprodError 'unsupported-model' for decoders that take a timestep or noise
 */
export function vaeTrainingGraph(config: LtxVaeConfig, options: VaeTrainingGraphOptions): Graph {
  if (config.timestep_conditioning || config.decoder_inject_noise.some(Boolean)) {
    throw new AiprodError('unsupported-model', 'this decoder finishes a denoising of its own and cannot be trained as an autoencoder', {
      expected: 'timestep_conditioning and decoder_inject_noise false',
    });
  }
  const { batch, frames, height, width, weighted = false, dtype = 'f32' } = options;
  const tracer = new Tracer({ dtype });
  const video = tracer.input(vaeTrainingNames.video, [batch, config.in_channels, frames, height, width], 'f32');
  const noise = tracer.input(vaeTrainingNames.noise, latentShape(config, options), 'f32');
  const weight = weighted ? tracer.input(vaeTrainingNames.weight, [batch, 1, frames, height, width], 'f32') : undefined;
  const posterior = posteriorOf(ltxVaeEncoder(tracer, config, video));
  const reconstruction = ltxVaeDecoder(tracer, config, { latents: reparameterised(posterior, noise) });
  const terms: Readonly<Record<VaeLossTerm, Tensor>> = {
    squared: meanSquaredError(reconstruction, video, weight),
    absolute: meanAbsoluteError(reconstruction, video, weight),
    edges: edgeError(reconstruction, video),
    divergence: divergenceFromNormal(posterior),
  };
  const counted = vaeLossTerms.map((name) => multiply(reshape(terms[name], [1]), tracer.input(vaeTrainingNames.term(name), [1], 'f32')));
  tracer.output(vaeTrainingNames.reconstruction, reconstruction);
  tracer.output(
    vaeTrainingNames.loss,
    counted.reduce((total, term) => add(total, term)),
  );
  return tracer.finish();
}

/** Inputs that say what each part of the loss counts. */
export function vaeLossInputs(weights: VaeLossWeights): Record<string, Float32Array> {
  return Object.fromEntries(vaeLossTerms.map((name) => [vaeTrainingNames.term(name), Float32Array.of(weights[name])]));
}
