import type { PatchSize, Scheduler } from '../diffusion';
import type { Video } from '../models';
import type { VelocityModel } from './denoise';
import { graphAutoencoder, type GraphHost } from './graph-models';
import type { AudioParts } from './audio-parts';
import type { EncodedText, GivenImage, ImageEncoder, TransformerRequest, VideoMachine } from './video-machine';
import type { NoiseSource } from './noise';
import type { VideoVae } from './video-vae';

export interface GraphMachineOptions {
  readonly vae: { readonly form: VideoVae; readonly host: GraphHost };
  readonly transformer: {
    /** Its configuration, as far as it says how tokens are cut. */
    readonly patch: PatchSize;
    open(request: TransformerRequest & { readonly text: EncodedText; readonly image?: GivenImage }): VelocityModel;
  };
  readonly scheduler: Scheduler;
  /** Draws in place of those of a seed. */
  readonly noise: NoiseSource;
  encodeText(prompts: readonly string[]): EncodedText | Promise<EncodedText>;
  readonly image?: ImageEncoder;
  readonly audio?: AudioParts;
  upsample?(latents: Video): Promise<Video>;
}

/** A model whose graphs are run as they are, one after the other: for judging pipelines by reference data. */
export function graphMachine({
  vae,
  transformer,
  scheduler,
  noise,
  encodeText,
  image,
  audio,
  upsample,
}: GraphMachineOptions): VideoMachine {
  return {
    scheduler,
    grid: { patch: transformer.patch, ratios: vae.form.ratios },
    noise: () => noise,
    encodeText: async (prompts) => encodeText(prompts),
    withAutoencoder: async (_, __, body) => body(await graphAutoencoder(vae.form, vae.host, noise)),
    withTransformer: (request, _, body) => body({ model: transformer.open(request), flops: 0, preview: undefined }),
    ...(image === undefined ? {} : { image }),
    ...(audio === undefined ? {} : { audio }),
    upsample: async (latents) => (await upsample?.(latents)) ?? latents,
  };
}
