import type { Scheduler } from '../diffusion';
import { compressionRatios, type LtxTransformerConfig, type LtxVaeConfig, type Video } from '../models';
import { graphAutoencoder, graphVelocityModel, type GraphHost } from './graph-models';
import type { EncodedText, LtxMachine } from './ltx-machine';
import type { NoiseSource } from './noise';

export interface GraphMachineOptions {
  readonly vae: { readonly config: LtxVaeConfig; readonly host: GraphHost };
  readonly transformer: { readonly config: LtxTransformerConfig; readonly host: GraphHost };
  readonly scheduler: Scheduler;
  /** Draws in place of those of a seed. */
  readonly noise: NoiseSource;
  encodeText(prompts: readonly string[]): EncodedText;
  upsample?(latents: Video): Promise<Video>;
}

/** An LTX model whose graphs are run as they are, one after the other: for judging pipelines by reference data. */
export function graphMachine({ vae, transformer, scheduler, noise, encodeText, upsample }: GraphMachineOptions): LtxMachine {
  return {
    scheduler,
    grid: { patch: transformer.config, ratios: compressionRatios(vae.config) },
    noise: () => noise,
    encodeText: async (prompts) => encodeText(prompts),
    withAutoencoder: async (_, __, body) => body(await graphAutoencoder(vae.config, vae.host, noise)),
    withTransformer: ({ positions, timesteps, text }, _, body) =>
      body({
        model: graphVelocityModel(transformer.config, transformer.host, { positions, timesteps, text }),
        flops: 0,
        preview: undefined,
      }),
    upsample: async (latents) => (await upsample?.(latents)) ?? latents,
  };
}
