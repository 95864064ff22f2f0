import { perturbationsOfPasses, stgBlocksOf } from '../diffusion';
import { buildConnectorsGraph, buildGemma3Graph, buildLtx2TransformerGraph, ltx2ConnectorRows } from '../models';
import { encodePrompt } from '../text';
import { audioLayoutOf } from './audio-parts';
import { audioVideoInputs, audioVideoPositions, audioVideoPredictions, audioVideoText, blockNumbers } from './audio-video-inputs';
import { releasedDecodeSettings } from './latent-codec';
import type { ModelFamily } from './model-family';
import type { Ltx2Model } from './opening/ltx2-model';
import { ltxVideoVae } from './video-vae';

/** LTX-2: text through Gemma 3 and connectors, picture and sound together. */
export function ltx2Family(model: Ltx2Model): ModelFamily {
  const { textEncoder: gemma, connectors, transformer, audioVae, vocoder, tokenizer, maxSequenceLength: length, release } = model;
  // From 2.3 on, what the streams tell each other follows the other stream's noise.
  const crossTimestep = release.version !== '2.0';
  const encoder: ModelFamily['textParts'][number] = {
    component: 'text_encoder',
    blocks: 'layers',
    graph: (batch, dtype) => buildGemma3Graph(gemma, { batch, length, dtype }).graph,
  };
  const connector: ModelFamily['textParts'][number] = {
    component: 'connectors',
    blocks: undefined,
    graph: (batch, dtype) => buildConnectorsGraph(connectors, { batch, length, dtype }).graph,
  };
  return {
    patch: transformer,
    vae: ltxVideoVae(model.vae),
    decode: releasedDecodeSettings,
    stgBlocks: stgBlocksOf({ family: `ltx-${release.version}`, blocks: transformer.num_layers }),
    guidanceSpace: 'denoised',
    identity: {
      text: JSON.stringify([gemma, connectors, length]),
      transformer: JSON.stringify([transformer, crossTimestep]),
      audio: JSON.stringify([audioVae, vocoder]),
    },
    liveLoras: { adapters: [], inputs: {} },
    audio: audioLayoutOf(audioVae, vocoder),
    textParts: [encoder, connector],
    async encodeText(prompts, run) {
      const encoded = prompts.map((prompt) => encodePrompt(tokenizer, prompt, length, 'left'));
      const ids = Int32Array.from(encoded.flatMap((prompt) => [...prompt.ids]));
      const tokens = Float32Array.from(encoded.flatMap((prompt) => [...prompt.mask]));
      const batch = prompts.length;
      const [hidden] = await run(encoder, { input_ids: ids, attention_mask: tokens }, ['hidden_states']);
      const { inputs, mask } = ltx2ConnectorRows(connectors, tokens, { batch });
      const [states, audioStates] = await run(connector, { hidden_states: hidden, attention_mask: tokens, ...inputs }, [
        'video_text',
        'audio_text',
      ]);
      return { prompts: batch, states, audioStates, mask };
    },
    transformerGraph(request, passes, dtype) {
      const { graph } = buildLtx2TransformerGraph(transformer, {
        batch: passes.length,
        positions: audioVideoPositions(request),
        textLength: length,
        timesteps: { video: request.timesteps, audio: request.timesteps },
        crossTimestep,
        perturbations: perturbationsOfPasses(passes, blockNumbers(transformer)),
        dtype,
      });
      return graph;
    },
    outputs: ['sample', 'audio_sample'],
    textInputs: audioVideoText,
    stepInputs: (request, latents, timesteps, passes) =>
      audioVideoInputs(transformer, latents, timesteps, {
        batch: passes.length,
        audioFrames: audioVideoPositions(request).audioFrames,
        crossTimestep,
      }),
    predictions: (passes, [video, audio]) => audioVideoPredictions(passes, video, audio),
  };
}
