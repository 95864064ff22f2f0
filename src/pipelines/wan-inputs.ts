import { packLatents, unpackLatents, type GuidancePass, type PatchSize, predictionsOfPasses } from '../diffusion';
import { AiprodError } from '../errors';
import type { VideoShape, WanTransformerConfig } from '../models';
import { timestepSinusoid } from '../numeric/timestep-embedding';
import type { FloatInputs } from './model-family';
import { repeated, textInputs } from './transformer-inputs';
import type { EncodedText, GivenImage, TransformerRequest } from './video-machine';

/** How Wan's latents are cut into tokens, which the transformer does itself: what is denoised is packed all the same. */
export function wanPatch({ patch_size }: WanTransformerConfig): PatchSize {
  return { patch_size_t: patch_size[0], patch_size: patch_size[1] };
}

/**
 * Shape [1, C, F, H, W] of the latents of a request.
 * @throws AiprodError `unsupported-model` where tokens stand elsewhere than on a grid or have noise levels of their own
 */
export function wanLatentShape(config: WanTransformerConfig, { positions, timesteps }: TransformerRequest): VideoShape {
  if ('coordinates' in positions || timesteps === 'token') {
    throw new AiprodError('unsupported-model', 'Wan 2.1 denoises all of a clip alike', {
      expected: 'a pipeline that holds no part of the latents',
      found: 'coordinates' in positions ? 'tokens with places of their own' : 'tokens with noise levels of their own',
    });
  }
  const { patch_size_t, patch_size } = wanPatch(config);
  const { frames, height, width } = positions;
  return [1, config.out_channels, frames * patch_size_t, height * patch_size, width * patch_size];
}

/** What the transformer is shown of the text and of an image, for each pass. */
export function wanFixedInputs(text: EncodedText, passes: readonly GuidancePass[], image: GivenImage | undefined): FloatInputs {
  const { encoder_hidden_states } = textInputs(text, passes);
  if (image === undefined) return { encoder_hidden_states };
  return {
    encoder_hidden_states,
    encoder_hidden_states_image: repeated(image.states.data, passes.length),
    condition: repeated(image.condition.data, passes.length),
  };
}

/** What the transformer is shown at an evaluation: packed latents and a timestep, once for each of `batch` passes. */
export function wanStepInputs(
  config: WanTransformerConfig,
  request: TransformerRequest,
  latents: Float32Array,
  timesteps: Float32Array,
  batch: number,
): FloatInputs {
  const shape = wanLatentShape(config, request);
  return {
    hidden_states: repeated(unpackLatents(latents, shape, wanPatch(config)), batch),
    timestep_sinusoid: timestepSinusoid(repeated(timesteps, batch), config.freq_dim),
  };
}

/** Predictions [B, C, F, H, W] of a batch, packed, by the names of their passes. */
export function wanPredictions(
  config: WanTransformerConfig,
  request: TransformerRequest,
  passes: readonly GuidancePass[],
  sample: Float32Array,
): Record<string, Float32Array> {
  const shape = wanLatentShape(config, request);
  const patch = wanPatch(config);
  return Object.fromEntries(
    Object.entries(predictionsOfPasses(passes, sample)).map(([name, values]) => [name, packLatents(values, shape, patch)]),
  );
}
