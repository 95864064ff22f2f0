import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, floatInput, integerInput } from '../golden';
import { buildGemma3Graph, parseGemma3Config } from './gemma3';
import {
  buildConnectorsGraph,
  buildDurationHeadGraph,
  ltx2ConnectorRows,
  parseLtx2ConnectorsConfig,
  parseLtx2DurationHeadConfig,
} from './ltx2/text';
import { caseParams, componentConfig, singleComponent } from './verify-case';
import { runModel, type Recipe } from './verify-run';

/** Recipe `gemma3_text`: every hidden state. Rows of padding are undefined; the case has zeros there. */
export const verifyGemma3: Recipe = async (golden, run, options) => {
  const config = parseGemma3Config(componentConfig(golden, singleComponent(golden)), golden.name);
  const ids = integerInput(golden, 'input_ids');
  const mask = integerInput(golden, 'attention_mask').data;
  const [batch, length] = ids.shape;
  const last = 'last_hidden_state';
  const capture = [...golden.outputs.keys()].filter((name) => name !== last);
  const model = buildGemma3Graph(config, { batch, length, states: 'last', capture, ...options });
  const actual = await runModel(golden, run, model, { input_ids: ids.data, attention_mask: Float32Array.from(mask) });
  for (const [name, values] of actual) {
    const shape = golden.outputs.get(name)?.shape ?? [];
    // Tokens stand before the channels, and behind the heads where those come first: [B, N, C] or [B, H, N, D].
    const width = shape[shape.length - 1];
    const ofSample = values.length / batch;
    const blanked = values.map((value, i) => value * mask[Math.floor(i / ofSample) * length + (Math.floor(i / width) % length)]);
    actual.set(name, blanked);
  }
  return compareOutputs(golden, actual);
};

/** Recipe `ltx2_connectors`: all hidden states of a text encoder to what the transformer reads. */
export const verifyConnectors: Recipe = async (golden, run, options) => {
  const config = parseLtx2ConnectorsConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const states = floatInput(golden, 'text_hidden_states');
  const attentionMask = Float32Array.from(integerInput(golden, 'attention_mask').data);
  const [batch, length] = states.shape;
  const { inputs, mask } = ltx2ConnectorRows(config, attentionMask, { batch });
  const capture = [...golden.outputs.keys()].filter((name) => !['video_text', 'audio_text', 'mask'].includes(name));
  const model = buildConnectorsGraph(config, { batch, length, capture, ...options });
  const actual = await runModel(golden, run, model, { hidden_states: states.data, attention_mask: attentionMask, ...inputs });
  return compareOutputs(golden, actual.set('mask', mask));
};

/** Recipe `plain_forward` of the duration head: tokens of picture and sound to seconds. */
export const verifyDurationHead: Recipe = async (golden, run, options) => {
  const config = parseLtx2DurationHeadConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const { order } = caseParams(golden, z.object({ order: z.tuple([z.string(), z.string()]) }));
  const [video, audio] = order.map((name) => floatInput(golden, name));
  const tokens = { video: video.shape[1], audio: audio.shape[1] };
  const model = buildDurationHeadGraph(config, { batch: video.shape[0], tokens, ...options });
  const seconds = (await runModel(golden, run, model, { video_text: video.data, audio_text: audio.data })).get('seconds');
  if (seconds === undefined) throw new AiprodError('internal', 'the duration head returned nothing');
  return compareOutputs(golden, new Map([['sample', seconds]]));
};
