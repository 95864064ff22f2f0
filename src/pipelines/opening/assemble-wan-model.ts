import { AiprodError } from '../../errors';
import { createScheduler } from '../../diffusion';
import { wanCompression, type ClipVisionConfig, type WanTransformerConfig, type WanVaeConfig } from '../../models';
import type { ModelTraits } from '../job';
import { dynamicShift } from '../schedules';
import { noLoras } from '../stage-loras';
import { componentWeights, type OpenComponent } from './component-weights';
import { widthOf, type T5OrOnnx } from './text-encoder';
import { wanComponents, type WanComponent, type WanModel } from './wan-model';

/** What the reference's pipelines take where nothing else is said. */
export const WAN_DEFAULTS = { width: 832, height: 480, frames: 81, frameRate: 16, steps: 50, guidanceScale: 5 };

/** Tokens of a prompt that the released models were trained with. */
export const WAN_SEQUENCE_LENGTH = 512;

/** How the released models are sampled (`UniPCMultistepScheduler`); their folders say so themselves. */
export const WAN_SCHEDULER = { use_flow_sigmas: true, prediction_type: 'flow_prediction', num_train_timesteps: 1000 };

/** Shift of the noise levels: for 480p, and for frames of 720p on. */
export const WAN_SHIFT = { usual: 3, large: { pixels: 1280 * 720, shift: 5 } };

/** Everything that is read of a Wan model when it is opened, wherever it came from. */
export interface WanModelParts {
  readonly name: string;
  readonly textEncoder: T5OrOnnx;
  readonly transformer: WanTransformerConfig;
  readonly vae: WanVaeConfig;
  readonly imageEncoder?: ClipVisionConfig;
  readonly maxSequenceLength: number;
  readonly scheduler: { readonly className: string; readonly config: unknown };
  readonly shift: ModelTraits['shift'];
  readonly defaults: ModelTraits['defaults'];
  /** Opens a component's weights; asked once for each. */
  open(component: WanComponent): Promise<OpenComponent>;
}

/** A model of its parts. @throws AiprodError 'bad-weights' when they do not belong together */
export async function assembleWanModel(parts: WanModelParts): Promise<WanModel> {
  requireFit(parts);
  const { name, textEncoder, transformer, vae, imageEncoder, maxSequenceLength, scheduler } = parts;
  const { spatial, temporal } = wanCompression(vae);
  const [patchFrames, patch] = transformer.patch_size;
  const absent = new Set<WanComponent>([
    ...(imageEncoder === undefined ? (['image_encoder'] as const) : []),
    ...(textEncoder.kind === 'onnx' ? (['text_encoder'] as const) : []),
  ]);
  const components = wanComponents.filter((component) => !absent.has(component));
  const shifts = dynamicShift(scheduler.config);
  return {
    family: 'wan',
    ...{ name, textEncoder, transformer, vae, maxSequenceLength },
    ...(imageEncoder === undefined ? {} : { imageEncoder }),
    scheduler: createScheduler(scheduler.className, scheduler.config),
    dynamicShift: shifts,
    sampler: 'scheduler',
    ...{ loras: [], liveLoras: noLoras },
    traits: {
      defaults: parts.defaults,
      sizeMultiple: spatial * patch,
      frameMultiple: temporal * patchFrames,
      pipelines: imageEncoder === undefined ? ['text-to-video', 'video-to-video'] : ['image-to-video'],
      wholeImages: true,
      ...(shifts === undefined && parts.shift !== undefined ? { shift: parts.shift } : {}),
    },
    ...(await componentWeights(components, parts.open, textEncoder.kind === 'onnx' ? textEncoder.files : [])),
  };
}

/** Channels of what image to video is given of a clip: which frames are given, and their latents. */
export function wanConditionChannels(vae: WanVaeConfig): number {
  return wanCompression(vae).temporal + vae.z_dim;
}

function requireFit({ name, textEncoder, transformer, vae, imageEncoder }: WanModelParts): void {
  const { image_dim, in_channels, out_channels, patch_size, text_dim } = transformer;
  const readsImages = image_dim !== null;
  const expectations: readonly (readonly [what: string, expected: number | undefined, found: number | undefined])[] = [
    ['the text encoder', text_dim, widthOf(textEncoder) ?? text_dim],
    ['the VAE', out_channels, vae.z_dim],
    // Wan 2.2 has models of image to video without an image encoder, and models of other inputs: neither is built.
    ['the VAE and the number of channels that are read', in_channels, vae.z_dim + (readsImages ? wanConditionChannels(vae) : 0)],
    ['the image encoder', image_dim ?? undefined, imageEncoder?.hidden_size],
    ['the width of a patch', patch_size[1], patch_size[2]],
  ];
  for (const [what, expected, found] of expectations) {
    if (expected === found) continue;
    throw new AiprodError('bad-weights', `${what} does not belong to this transformer`, {
      where: name,
      expected: expected === undefined ? 'none' : String(expected),
      found: found === undefined ? 'none' : String(found),
      hint: 'Text to video and image to video of Wan 2.1 are built, with UMT5 XXL, the VAE of Wan 2.1 and CLIP ViT-H',
    });
  }
}
