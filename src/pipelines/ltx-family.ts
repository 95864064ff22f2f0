import { perturbationsOfPasses, predictionsOfPasses, stgBlocksOf } from '../diffusion';
import { addLowRankBranches } from '../graph';
import { buildTransformerGraph } from '../models';
import { ltxText } from './ltx-text';
import type { ModelFamily } from './model-family';
import type { LtxModel } from './opening/ltx-model';
import { lorasOfStage } from './stage-loras';
import { denoisingInputs, textInputs } from './transformer-inputs';
import { ltxVideoVae } from './video-vae';

/** LTX-Video: text through T5 or another encoder of the same width, picture alone. */
export function ltxFamily(model: LtxModel): ModelFamily {
  const { transformer, maxSequenceLength, liveLoras, loras } = model;
  const text = ltxText(model);
  return {
    title: 'LTX-Video',
    patch: transformer,
    vae: ltxVideoVae(model.vae),
    decode: model.decode,
    stgBlocks: stgBlocksOf({ family: 'ltx-video', blocks: transformer.num_layers }),
    guidanceSpace: 'velocity',
    identity: {
      text: text.identity,
      transformer: JSON.stringify([transformer, loras]),
      audio: null,
      image: null,
    },
    conditions: { keyframes: 'front', guide: 'guide' },
    loraInputs: (stage) => lorasOfStage(liveLoras, loras, stage).inputs,
    textParts: text.parts,
    encodeText: text.encode,
    transformerGraph({ positions, timesteps, stage }, passes, dtype) {
      const perturbations = perturbationsOfPasses(passes);
      const options = { batch: passes.length, positions, timesteps, dtype, textLength: maxSequenceLength, perturbations };
      return addLowRankBranches(buildTransformerGraph(transformer, options).graph, lorasOfStage(liveLoras, loras, stage).adapters);
    },
    transformerBlocks: 'transformer_blocks',
    outputs: () => ['sample'],
    textInputs: (encoded, passes) => ({ ...textInputs(encoded, passes) }),
    stepInputs: (_, latents, timesteps, passes) => ({ ...denoisingInputs(latents, timesteps, passes.length) }),
    predictions: (_, passes, [sample]) => predictionsOfPasses(passes, sample),
  };
}
