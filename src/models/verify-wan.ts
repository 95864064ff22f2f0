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
  const sizesOf = (name: string) => {
    const { data, shape } = floatInput(golden, name);
    const [batch, channels, frames, height, width] = shape;
    return { data, channels, sizes: { batch, frames, height, width } };
  };
  const video = sizesOf('video');
  const encoded = await runModel(golden, run, buildWanVaeEncoderGraph(config, { ...video.sizes, ...options }), { video: video.data });
  const latents = sizesOf('latent');
  const decoded = await runModel(golden, run, buildWanVaeDecoderGraph(config, { ...latents.sizes, ...options }), { latents: latents.data });
  const moments = encoded.get('moments') ?? new Float32Array(0);
  const { batch, frames, height, width } = latents.sizes;
  const mode = posteriorMode({ data: moments, shape: [batch, 2 * config.z_dim, frames, height, width] });
  return compareOutputs(
    golden,
    new Map([
      ['moments', moments],
      ['latent_mode', mode.data],
      ['decoded', decoded.get('sample') ?? new Float32Array(0)],
    ]),
  );
};
