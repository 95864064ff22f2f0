import { perturbationsOfPasses, stgBlocksOf, type GuidancePass } from '../diffusion';
import { buildClipVisionGraph, buildWanTransformerGraph, clipVisionPixels, clipVisionTokens, type WanTransformerConfig } from '../models';
import { addLowRankBranches, type Graph } from '../graph';
import type { ImageInput, ModelFamily } from './model-family';
import { wanConditionChannels } from './opening/assemble-wan-model';
import type { WanModel } from './opening/wan-model';
import { wanVideoVae } from './video-vae';
import { lorasOfStage } from './stage-loras';
import type { TransformerRequest } from './video-machine';
import { wanFixedInputs, wanLatentShape, wanPatch, wanPredictions, wanStepInputs } from './wan-inputs';
import { wanText } from './wan-text';

/** Wan 2.1: text through UMT5 or another encoder of the same width, an image through CLIP where the model begins with one, picture alone. */
export function wanFamily(model: WanModel): ModelFamily {
  const { transformer, vae, imageEncoder, maxSequenceLength: length, loras, liveLoras } = model;
  const text = wanText(model);
  const image: ImageInput | undefined = imageEncoder && {
    part: {
      component: 'image_encoder',
      blocks: 'encoder.layers',
      graph: ({ batch }, dtype) => buildClipVisionGraph(imageEncoder, { batch, dtype }).graph,
    },
    size: imageEncoder.image_size,
    inputs: (pixels) => ({ pixel_values: clipVisionPixels(pixels) }),
    output: 'hidden_states',
  };
  const given = imageEncoder && { imageLength: clipVisionTokens(imageEncoder), conditionChannels: wanConditionChannels(vae) };
  return {
    title: 'Wan 2.1',
    patch: wanPatch(transformer),
    vae: wanVideoVae(vae),
    decode: { timestep: 0, noiseScale: 0 },
    stgBlocks: stgBlocksOf({ family: 'wan-2.1', blocks: transformer.num_layers }),
    guidanceSpace: 'velocity',
    identity: {
      text: text.identity,
      transformer: JSON.stringify([transformer, loras]),
      audio: null,
      image: JSON.stringify(imageEncoder ?? null),
    },
    conditions: { keyframes: 'front', guide: 'guide' },
    loraInputs: (stage) => lorasOfStage(liveLoras, loras, stage).inputs,
    ...(image === undefined ? {} : { image }),
    textParts: text.parts,
    encodeText: text.encode,
    transformerGraph: (request, passes, dtype) =>
      addLowRankBranches(
        wanGraph(transformer, request, passes, { textLength: length, ...given, dtype }),
        lorasOfStage(liveLoras, loras, request.stage).adapters,
      ),
    transformerBlocks: 'blocks',
    outputs: () => ['sample'],
    textInputs: wanFixedInputs,
    stepInputs: (request, latents, timesteps, passes) => wanStepInputs(transformer, request, latents, timesteps, passes.length),
    predictions: (request, passes, [sample]) => wanPredictions(transformer, request, passes, sample),
  };
}

/** The transformer for a list of passes; with an image, of so many tokens and channels. */
export function wanGraph(
  config: WanTransformerConfig,
  request: TransformerRequest,
  passes: readonly GuidancePass[],
  options: {
    readonly textLength: number;
    readonly imageLength?: number;
    readonly conditionChannels?: number;
    readonly dtype: 'f32' | 'f16' | undefined;
  },
): Graph {
  const [, , frames, height, width] = wanLatentShape(config, request);
  const perturbations = perturbationsOfPasses(passes);
  return buildWanTransformerGraph(config, { batch: passes.length, frames, height, width, perturbations, ...options }).graph;
}
