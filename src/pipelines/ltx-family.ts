import { perturbationsOfPasses, predictionsOfPasses, stgBlocksOf } from '../diffusion';
import { addLowRankBranches } from '../graph';
import { buildTextEncoderGraph, buildTransformerGraph } from '../models';
import { encodePrompt } from '../text';
import type { ModelFamily } from './model-family';
import type { LtxModel } from './opening/ltx-model';
import { denoisingInputs, textInputs } from './transformer-inputs';
import { ltxVideoVae } from './video-vae';

/** LTX-Video: text through T5, picture alone. */
export function ltxFamily(model: LtxModel): ModelFamily {
  const { textEncoder, transformer, tokenizer, maxSequenceLength, liveLoras, loras } = model;
  const text: ModelFamily['textParts'][number] = {
    component: 'text_encoder',
    blocks: 'encoder.block',
    graph: ({ batch }, dtype) => buildTextEncoderGraph(textEncoder, { batch, length: maxSequenceLength, masked: false, dtype }).graph,
  };
  return {
    patch: transformer,
    vae: ltxVideoVae(model.vae),
    decode: model.decode,
    stgBlocks: stgBlocksOf({ family: 'ltx-video', blocks: transformer.num_layers }),
    guidanceSpace: 'velocity',
    identity: {
      text: JSON.stringify([textEncoder, maxSequenceLength]),
      transformer: JSON.stringify([transformer, loras]),
      audio: null,
    },
    liveLoras,
    textParts: [text],
    async encodeText(prompts, _, run) {
      const encoded = prompts.map((prompt) => encodePrompt(tokenizer, prompt, maxSequenceLength));
      const ids = Int32Array.from(encoded.flatMap((prompt) => [...prompt.ids]));
      // The LTX pipeline lets the encoder see padding; only the transformer is given the mask.
      const [states] = await run(text, { input_ids: ids }, ['last_hidden_state']);
      return { prompts: prompts.length, states, mask: Float32Array.from(encoded.flatMap((prompt) => [...prompt.mask])) };
    },
    transformerGraph({ positions, timesteps }, passes, dtype) {
      const perturbations = perturbationsOfPasses(passes);
      const options = { batch: passes.length, positions, timesteps, dtype, textLength: maxSequenceLength, perturbations };
      return addLowRankBranches(buildTransformerGraph(transformer, options).graph, liveLoras.adapters);
    },
    outputs: ['sample'],
    textInputs: (encoded, passes) => ({ ...textInputs(encoded, passes) }),
    stepInputs: (_, latents, timesteps, passes) => ({ ...denoisingInputs(latents, timesteps, passes.length) }),
    predictions: (passes, [sample]) => predictionsOfPasses(passes, sample),
  };
}
