import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, type Comparison, floatInput, integerInput } from '../golden';
import { buildTextEncoderGraph, ltxTransformerRotaryTable, type LtxPositions } from './build';
import { parseLtxTransformerConfig, type LtxTransformerConfig } from './ltx-video';
import type { Perturbation } from './perturbations';
import { parseTextEncoderConfig } from './t5';
import { caseParams, componentConfig, singleComponent, type GraphRunner, type ModelCase } from './verify-case';
import { verifyAudioVae, verifyVocoder } from './verify-audio';
import { verifyLora } from './verify-lora';
import { verifyLtx2Transformer } from './verify-ltx2';
import { verifyNames } from './verify-names';
import { positionsOf, runModel, transformerOf, type Recipe, type VerifyOptions } from './verify-run';
import { verifyConnectors, verifyDurationHead, verifyGemma3 } from './verify-text';
import { verifyUpsampler, verifyVae } from './verify-vae';
import { verifyClipVision } from './verify-image';
import { verifyWanTransformer, verifyWanVae } from './verify-wan';

export type { GraphRunner, ModelCase, WeightReader } from './verify-case';

async function runTransformer(
  golden: ModelCase,
  run: GraphRunner,
  options: Parameters<typeof transformerOf>[1],
): Promise<Map<string, Float32Array>> {
  const { model, inputs } = transformerOf(golden, options);
  return runModel(golden, run, model, inputs);
}

/** Recipe `ltx_transformer`: the prediction, rotary tables and what every block returned. */
const verifyTransformer: Recipe = async (golden, run, options) => {
  const capture = [...golden.outputs.keys()].filter((name) => name !== 'sample' && !name.startsWith('rope.'));
  const actual = await runTransformer(golden, run, { ...options, capture });
  if (golden.outputs.has('rope.0')) {
    const config = parseLtxTransformerConfig(componentConfig(golden, singleComponent(golden)), golden.name);
    const batch = floatInput(golden, 'hidden_states').shape[0];
    const { cos, sin } = channelTables(config, positionsOf(golden), batch);
    actual.set('rope.0', cos).set('rope.1', sin);
  }
  return compareOutputs(golden, actual);
};

/** Rotary tables as the reference returns them: each value twice, for both channels of a pair, and for every sample. */
function channelTables(config: LtxTransformerConfig, positions: LtxPositions, batch: number): { cos: Float32Array; sin: Float32Array } {
  const table = ltxTransformerRotaryTable(config, positions);
  const widened = (values: Float32Array): Float32Array => {
    const repeats = batch / table.shape[0];
    return Float32Array.from({ length: values.length * 2 * repeats }, (_, i) => values[(i >> 1) % values.length]);
  };
  return { cos: widened(table.cos), sin: widened(table.sin) };
}

const skipVariant = z.object({
  indices: z.array(z.number()),
  skip_attention: z.boolean().default(true),
  skip_attention_scores: z.boolean().default(false),
  skip_ff: z.boolean().default(true),
});

/** Recipe `skip_layer`: passes with parts of some blocks left out. */
const verifySkipLayer: Recipe = async (golden, run, options) => {
  const { variants } = caseParams(golden, z.object({ variants: z.record(z.string(), skipVariant) }));
  const actual = new Map<string, Float32Array>();
  for (const [name, { indices, skip_attention, skip_attention_scores, skip_ff }] of Object.entries(variants)) {
    const perturbation = (kind: Perturbation['kind'], when: boolean): Perturbation[] => (when ? [{ kind, blocks: indices }] : []);
    const perturbations =
      skip_attention && skip_ff
        ? perturbation('block', true)
        : [
            ...perturbation('attention', skip_attention),
            ...perturbation('attention-values', skip_attention_scores),
            ...perturbation('feed-forward', skip_ff),
          ];
    const results = await runTransformer(golden, run, { ...options, perturbations });
    for (const data of results.values()) actual.set(name, data);
  }
  return compareOutputs(golden, actual);
};

/** Recipe `t5_encoder`: every hidden state and the position bias. */
const verifyTextEncoder: Recipe = async (golden, run, options) => {
  const config = parseTextEncoderConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const { use_mask: masked } = caseParams(golden, z.object({ use_mask: z.boolean().default(true) }));
  const ids = integerInput(golden, 'input_ids');
  const [batch, length] = ids.shape;
  const states = Array.from({ length: config.num_layers }, (_, index) => `hidden_states.${index}`);
  const model = buildTextEncoderGraph(config, { batch, length, masked, capture: [...states, 'position_bias_block0'], ...options });
  const inputs = {
    input_ids: ids.data,
    ...(masked ? { attention_mask: Float32Array.from(integerInput(golden, 'attention_mask').data) } : {}),
  };
  const actual = await runModel(golden, run, model, inputs);
  const last = actual.get('last_hidden_state');
  const bias = actual.get('position_bias_block0');
  if (last === undefined || bias === undefined) throw new AiprodError('internal', 'the text encoder returned too little');
  actual.set(`hidden_states.${config.num_layers}`, last);
  actual.set('position_bias_block0_first_row', biasRow(bias, config.num_heads, length, 0));
  actual.set('position_bias_block0_last_row', biasRow(bias, config.num_heads, length, length - 1));
  return compareOutputs(golden, actual);
};

/** The bias of one query, [heads, N], out of [heads, N, N]. */
function biasRow(bias: Float32Array, heads: number, length: number, query: number): Float32Array {
  return Float32Array.from({ length: heads * length }, (_, i) => bias[(Math.floor(i / length) * length + query) * length + (i % length)]);
}

/** Recipes by the reference class they are about: a recipe name alone does not tell the model family. */
const recipes: Readonly<Record<string, Readonly<Record<string, Recipe>>>> = {
  ltx_transformer: { LTXVideoTransformer3DModel: verifyTransformer },
  ltx2_transformer: { LTX2VideoTransformer3DModel: verifyLtx2Transformer },
  wan_transformer: { WanTransformer3DModel: verifyWanTransformer },
  clip_vision: { CLIPVisionModel: verifyClipVision },
  skip_layer: { LTXVideoTransformer3DModel: verifySkipLayer },
  vae_roundtrip: { AutoencoderKLLTXVideo: verifyVae, AutoencoderKLLTX2Video: verifyVae, AutoencoderKLWan: verifyWanVae },
  audio_vae: { AutoencoderKLLTX2Audio: verifyAudioVae },
  plain_forward: {
    LTXLatentUpsamplerModel: verifyUpsampler,
    LTX2LatentUpsamplerModel: verifyUpsampler,
    LTX2Vocoder: verifyVocoder,
    LTX2VocoderWithBWE: verifyVocoder,
    LTX2DurationHead: verifyDurationHead,
  },
  lora_fuse: { LTXVideoTransformer3DModel: verifyLora },
  key_map: {
    LTXVideoTransformer3DModel: verifyNames,
    LTX2VideoTransformer3DModel: verifyNames,
    AutoencoderKLLTXVideo: verifyNames,
    AutoencoderKLLTX2Video: verifyNames,
    AutoencoderKLLTX2Audio: verifyNames,
  },
  t5_encoder: { T5EncoderModel: verifyTextEncoder, UMT5EncoderModel: verifyTextEncoder },
  gemma3_text: { Gemma3TextModel: verifyGemma3 },
  ltx2_connectors: { LTX2TextConnectors: verifyConnectors },
};

function recipeOf(golden: ModelCase): Recipe | undefined {
  const className = golden.classes[singleComponent(golden)]?.split('.').at(-1) ?? '';
  return recipes[golden.recipe]?.[className];
}

/** Whether {@link verifyModelCase} knows the case's recipe and model class. */
export function verifiesModelCase(golden: ModelCase): boolean {
  return recipeOf(golden) !== undefined;
}

/** Computes what a reference case about a model holds, and pairs it with the reference's numbers. */
export async function verifyModelCase(golden: ModelCase, run: GraphRunner, options: VerifyOptions = {}): Promise<Comparison[]> {
  const recipe = recipeOf(golden);
  if (recipe === undefined) {
    throw new AiprodError('unsupported-model', 'no recipe for this reference case', {
      where: golden.name,
      expected: Object.keys(recipes).join(', '),
      found: `${golden.recipe} of ${Object.values(golden.classes).join(', ')}`,
    });
  }
  return recipe(golden, run, options);
}
