import { z } from 'zod';
import { compareOutputs, floatInput } from '../golden';
import {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildVocoderGraph,
  parseLtx2AudioVaeConfig,
  parseLtx2VocoderConfig,
} from './ltx2/audio';
import { posteriorMode } from './ltx-vae';
import { caseParams, componentConfig, singleComponent } from './verify-case';
import { runModel, type Recipe } from './verify-run';

/** Recipe `audio_vae`: spectrogram to moments, latents to spectrogram; the two halves are independent. */
export const verifyAudioVae: Recipe = async (golden, run, options) => {
  const component = singleComponent(golden);
  const config = parseLtx2AudioVaeConfig(componentConfig(golden, component), golden.name);
  const weights = await golden.openWeights(component);
  const actual = new Map<string, Float32Array>();
  if (golden.inputs.has('mel')) {
    const { data, shape } = floatInput(golden, 'mel');
    const [batch, , frames, melBins] = shape;
    const capture = [...golden.outputs.keys()].filter((name) => name.startsWith('encoder.'));
    const model = buildAudioVaeEncoderGraph(config, { batch, frames, melBins, capture, ...options });
    const results = await runModel(golden, run, model, { mel: data }, weights);
    for (const [name, values] of results) actual.set(name, values);
    const moments = results.get('moments') ?? new Float32Array(0);
    const half = 2 * config.latent_channels;
    const mode = posteriorMode({ shape: [batch, half, 1, 1, moments.length / (batch * half)], data: moments });
    actual.set('latent_mode', mode.data);
  }
  if (golden.inputs.has('latent')) {
    const { data, shape } = floatInput(golden, 'latent');
    const [batch, , frames, bins] = shape;
    const capture = [...golden.outputs.keys()].filter((name) => name.startsWith('decoder.'));
    const model = buildAudioVaeDecoderGraph(config, { batch, frames, bins, capture, ...options });
    const results = await runModel(golden, run, model, { latents: data }, weights);
    for (const [name, values] of results) actual.set(name === 'mel' ? 'decoded' : name, values);
  }
  return compareOutputs(golden, actual);
};

/** Recipe `plain_forward` of a vocoder: a spectrogram to a waveform. */
export const verifyVocoder: Recipe = async (golden, run, options) => {
  const config = parseLtx2VocoderConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const { order } = caseParams(golden, z.object({ order: z.tuple([z.string()]) }));
  const { data, shape } = floatInput(golden, order[0]);
  const [batch, channels, frames] = shape;
  const capture = [...golden.outputs.keys()].filter((name) => name !== 'sample');
  const model = buildVocoderGraph(config, { batch, channels, frames, capture, ...options });
  return compareOutputs(golden, await runModel(golden, run, model, { mel: data }));
};
