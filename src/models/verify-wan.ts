import { compareOutputs, floatInput } from '../golden';
import { timestepSinusoid } from '../numeric/timestep-embedding';
import { posteriorMode } from './ltx-vae';
import { componentConfig, singleComponent } from './verify-case';
import { runModel, type Recipe } from './verify-run';
import {
  buildWanTransformerGraph,
  buildWanVaeDecoderGraph,
  buildWanVaeEncoderGraph,
  parseWanTransformerConfig,
  parseWanVaeConfig,
  wanTransformerRotaryTable,
} from './wan';

/** Recipe `wan_transformer`: the prediction, rotary tables and what every block returned. */
export const verifyWanTransformer: Recipe = async (golden, run, options) => {
  const config = parseWanTransformerConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const latents = floatInput(golden, 'hidden_states');
  const [batch, , frames, height, width] = latents.shape;
  const sizes = { batch, frames, height, width };
  const text = floatInput(golden, 'encoder_hidden_states');
  const image = golden.inputs.has('encoder_hidden_states_image') ? floatInput(golden, 'encoder_hidden_states_image') : undefined;
  const capture = [...golden.outputs.keys()].filter((name) => name !== 'sample' && !name.startsWith('rope.'));
  const model = buildWanTransformerGraph(config, {
    ...sizes,
    textLength: text.shape[1],
    ...(image === undefined ? {} : { imageLength: image.shape[1] }),
    capture,
    ...options,
  });
  const actual = await runModel(golden, run, model, {
    hidden_states: latents.data,
    timestep_sinusoid: timestepSinusoid(floatInput(golden, 'timestep').data, config.freq_dim),
    encoder_hidden_states: text.data,
    ...(image === undefined ? {} : { encoder_hidden_states_image: image.data }),
  });
  // The reference has each number twice, once for each channel of a pair.
  const table = wanTransformerRotaryTable(config, sizes);
  const widened = (values: Float32Array): Float32Array => Float32Array.from({ length: 2 * values.length }, (_, i) => values[i >> 1]);
  actual.set('rope.0', widened(table.cos)).set('rope.1', widened(table.sin));
  return compareOutputs(golden, actual);
};

/** Recipe `vae_roundtrip` of Wan: pixels to moments, latents to pixels; the two halves are independent. */
export const verifyWanVae: Recipe = async (golden, run, options) => {
  const config = parseWanVaeConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const actual = new Map<string, Float32Array>();
  if (golden.inputs.has('video')) {
    const { data, shape } = floatInput(golden, 'video');
    const [batch, , frames, height, width] = shape;
    const encoded = await runModel(golden, run, buildWanVaeEncoderGraph(config, { batch, frames, height, width, ...options }), {
      video: data,
    });
    const moments = encoded.get('moments') ?? new Float32Array(0);
    const channels = 2 * config.z_dim;
    const mode = posteriorMode({ data: moments, shape: [batch, channels, 1, 1, moments.length / (batch * channels)] });
    actual.set('moments', moments).set('latent_mode', mode.data);
  }
  if (golden.inputs.has('latent')) {
    const { data, shape } = floatInput(golden, 'latent');
    const [batch, , frames, height, width] = shape;
    const decoded = await runModel(golden, run, buildWanVaeDecoderGraph(config, { batch, frames, height, width, ...options }), {
      latents: data,
    });
    actual.set('decoded', decoded.get('sample') ?? new Float32Array(0));
  }
  return compareOutputs(golden, actual);
};
