import { perturbationsOfPasses, predictionsOfPasses, stgBlocksOf } from '../diffusion';
import {
  buildConnectorsGraph,
  buildGemma3Graph,
  buildLtx2TransformerGraph,
  connectorShape,
  ltx2ConnectorRows,
  modalities,
} from '../models';
import { encodePrompt } from '../text';
import { addLowRankBranches } from '../graph';
import { lorasOfStage } from './stage-loras';
import { audioLayoutOf } from './audio-parts';
import { audioVideoInputs, audioVideoPositions, audioVideoPredictions, audioVideoText, blockNumbers } from './audio-video-inputs';
import { releasedDecodeSettings } from './latent-codec';
import type { ModelFamily } from './model-family';
import type { Ltx2Model } from './opening/ltx2-model';
import { ltxVideoVae } from './video-vae';

/** Prompts are encoded with a multiple of so many tokens, so that few programs are made for many prompts. */
const tokenStep = 64;

/** LTX-2: text through Gemma 3 and connectors, picture and sound together. */
export function ltx2Family(model: Ltx2Model): ModelFamily {
  const { textEncoder: gemma, connectors, transformer, audioVae, vocoder, tokenizer, maxSequenceLength: length, release } = model;
  const { loras, liveLoras, connectorLoras } = model;
  // From 2.3 on, what the streams tell each other follows the other stream's noise.
  const crossTimestep = release.version !== '2.0';
  const encoder: ModelFamily['textParts'][number] = {
    component: 'text_encoder',
    blocks: 'layers',
    graph: ({ batch, length: own = length }, dtype) =>
      buildGemma3Graph(gemma, { batch, length: own, firstPosition: length - own, dtype }).graph,
  };
  const connector: ModelFamily['textParts'][number] = {
    component: 'connectors',
    blocks: undefined,
    graph: ({ batch, length: own = length, stage }, dtype) =>
      addLowRankBranches(
        buildConnectorsGraph(connectors, { batch, length: own, outLength: length, dtype }).graph,
        lorasOfStage(connectorLoras, loras, stage).adapters,
      ),
  };
  // Without registers the transformer reads the padding's places too.
  const fillsUp = modalities.every((modality) => connectorShape(connectors, modality).registers !== null);
  const ofTokens = (tokens: number): number => (fillsUp ? Math.min(length, Math.ceil(tokens / tokenStep) * tokenStep) : length);
  const encoded = (prompts: readonly string[]) => prompts.map((prompt) => encodePrompt(tokenizer, prompt, length, 'left'));
  return {
    title: `LTX-${release.version}`,
    patch: transformer,
    vae: ltxVideoVae(model.vae),
    decode: releasedDecodeSettings,
    stgBlocks: stgBlocksOf({ family: `ltx-${release.version}`, blocks: transformer.num_layers }),
    guidanceSpace: 'denoised',
    identity: {
      text: JSON.stringify([gemma, connectors, length, connectorLoras.adapters.length === 0 ? [] : loras]),
      transformer: JSON.stringify([transformer, crossTimestep, loras]),
      audio: JSON.stringify([audioVae, vocoder]),
      image: null,
    },
    conditions: { keyframes: 'end', guide: 'guide-at-one-level' },
    loraInputs: (stage) => lorasOfStage(liveLoras, loras, stage).inputs,
    audio: audioLayoutOf(audioVae, vocoder),
    textParts: [encoder, connector],
    textLengths: {
      ofTokens,
      ofPrompts: (prompts) => ofTokens(Math.max(...encoded(prompts).map(({ tokenCount }) => tokenCount))),
    },
    async encodeText(prompts, { batch, length: own = length, stage }, run) {
      // Padding stands on the left, and nothing of it is seen by a token: only the tokens' end of it is encoded, at its positions.
      const rows = encoded(prompts).map(({ ids, mask }) => ({ ids: ids.subarray(length - own), mask: mask.subarray(length - own) }));
      const ids = Int32Array.from(rows.flatMap((row) => [...row.ids]));
      const tokens = Float32Array.from(rows.flatMap((row) => [...row.mask]));
      const { inputs, mask } = ltx2ConnectorRows(connectors, tokens, { batch, outLength: length });
      const others = { attention_mask: tokens, ...inputs, ...lorasOfStage(connectorLoras, loras, stage).inputs };
      // All hidden states of a 12B encoder are hundreds of megabytes, which the host has no use for.
      const [states, audioStates] = await run.keeping(encoder, { input_ids: ids, attention_mask: tokens }, 'hidden_states', (kept) =>
        run(connector, { hidden_states: kept, ...others }, ['video_text', 'audio_text']),
      );
      return { prompts: batch, states, audioStates, mask };
    },
    transformerGraph(request, passes, dtype) {
      const { graph } = buildLtx2TransformerGraph(transformer, {
        batch: passes.length,
        positions: audioVideoPositions(request),
        textLength: length,
        timesteps: { video: request.timesteps, audio: request.timesteps },
        crossTimestep,
        perturbations: perturbationsOfPasses(
          request.soundAlone === true ? passes.map((pass) => ({ ...pass, isolatedModalities: true as const })) : passes,
          blockNumbers(transformer),
        ),
        soundAlone: request.soundAlone === true,
        dtype,
      });
      return addLowRankBranches(graph, lorasOfStage(liveLoras, loras, request.stage).adapters);
    },
    transformerBlocks: 'transformer_blocks',
    outputs: ({ soundAlone }) => (soundAlone === true ? ['audio_sample'] : ['sample', 'audio_sample']),
    textInputs: (encoded, passes) => audioVideoText(encoded, passes),
    stepInputs(request, latents, timesteps, passes) {
      const { audioFrames } = audioVideoPositions(request);
      const inputs = audioVideoInputs(transformer, latents, timesteps, { batch: passes.length, audioFrames, crossTimestep });
      if (request.soundAlone !== true) return inputs;
      return Object.fromEntries(Object.entries(inputs).filter(([name]) => name.startsWith('audio_')));
    },
    predictions: (_, passes, outputs) =>
      outputs.length === 1 ? predictionsOfPasses(passes, outputs[0]) : audioVideoPredictions(passes, outputs[0], outputs[1]),
  };
}
