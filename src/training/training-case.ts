import { z } from 'zod';
import { floatInput } from '../golden';
import { addLowRankBranches, lowRankNames, type Graph, type ParameterReader } from '../graph';
import {
  buildLtx2TransformerGraph,
  buildTransformerGraph,
  buildWanTransformerGraph,
  caseParams,
  componentConfig,
  ltx2TimestepInputs,
  parameterNames,
  parseLtx2TransformerConfig,
  parseLtxTransformerConfig,
  parseWanTransformerConfig,
  positionsOf,
  timestepInput,
  type ModelCase,
} from '../models';
import { timestepSinusoid } from '../numeric/timestep-embedding';
import { flowLossName, withFlowLoss, type LearnedStream } from './flow-loss';
import type { OptimizerConfig } from './optimizer';
import { trainingNames, type GradientGraphOptions } from './training-graphs';

/** The adapter's part of its names here; in the files they have none. */
const adapter = 'trained';

const paramsSchema = z.object({
  steps: z.number(),
  lr: z.number(),
  betas: z.tuple([z.number(), z.number()]),
  eps: z.number(),
  weight_decay: z.number(),
  clip: z.number().optional(),
  checkpointing: z.boolean().default(false),
});
const loraParams = z.object({ rank: z.number(), alpha: z.number(), targets: z.array(z.string()) });

/** A transformer that a case trains. */
interface CaseTransformer {
  readonly graph: Graph;
  /** Streams that are learned. */
  readonly streams: readonly LearnedStream[];
  /** The text. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** Of a step: noisy latents, their timesteps and what is to be predicted. */
  readonly stepInputs: (step: number) => Readonly<Record<string, Float32Array>>;
}

/** What a reference case trains, and how: recipes `train_full` and `train_lora`. */
export interface TrainingCase {
  /** With the loss as an output beside the predictions. */
  readonly graph: Graph;
  readonly options: GradientGraphOptions & { readonly optimizer: OptimizerConfig; readonly clip?: number };
  readonly steps: number;
  readonly learningRate: number;
  /** Whether the case's reference computed its forward half again. */
  readonly checkpointing: boolean;
  /** Names of the predictions. */
  readonly outputs: readonly string[];
  /** By the graph's name of a trained parameter, the name in the case. */
  readonly trainable: ReadonlyMap<string, string>;
  readonly read: ParameterReader;
  /** What the graph reads in a step. */
  inputs(step: number): Readonly<Record<string, Float32Array>>;
}

export async function openTrainingCase(golden: ModelCase, dtype: 'f32' | 'f16'): Promise<TrainingCase> {
  const { steps, lr, betas, eps, weight_decay: weightDecay, clip, checkpointing } = caseParams(golden, paramsSchema);
  const { graph, streams, inputs, stepInputs, trainable, read } = await subjectOf(golden, dtype);
  const outputs = streams.map(({ output }) => output);
  return {
    graph: withFlowLoss(graph, streams, { keep: outputs }),
    options: {
      loss: (_, output) => output(flowLossName),
      trainable: [...trainable.keys()],
      optimizer: { type: 'adamw', betas, eps, weightDecay },
      ...(clip === undefined ? {} : { clip }),
    },
    ...{ steps, learningRate: lr, checkpointing, outputs, trainable, read },
    inputs: (step) => ({ ...inputs, ...stepInputs(step) }),
  };
}

/** What is trained: a graph, its parameters by name with the names of the case's files, and inputs that stay. */
interface Subject extends CaseTransformer {
  readonly trainable: ReadonlyMap<string, string>;
  readonly read: ParameterReader;
}

function transformerOf(golden: ModelCase, dtype: 'f32' | 'f16'): CaseTransformer {
  const config = componentConfig(golden, 'model');
  const text = floatInput(golden, 'encoder_hidden_states');
  const [batch, textLength] = text.shape;
  if (golden.classes.model === 'diffusers.LTX2VideoTransformer3DModel') return ltx2TransformerOf(golden, dtype);
  const streams = [{ output: 'sample', weighted: false }];
  if (golden.classes.model === 'diffusers.WanTransformer3DModel') {
    const wan = parseWanTransformerConfig(config, golden.name);
    const [, , frames, height, width] = floatInput(golden, 'latents').shape;
    const shown = golden.inputs.has('condition')
      ? { condition: floatInput(golden, 'condition'), states: floatInput(golden, 'encoder_hidden_states_image') }
      : undefined;
    const sizes = shown === undefined ? {} : { conditionChannels: shown.condition.shape[1], imageLength: shown.states.shape[1] };
    return {
      graph: buildWanTransformerGraph(wan, { batch, frames, height, width, textLength, ...sizes, dtype }).graph,
      streams,
      inputs: {
        encoder_hidden_states: text.data,
        ...(shown === undefined ? {} : { condition: shown.condition.data, encoder_hidden_states_image: shown.states.data }),
      },
      stepInputs: (step) => flowInputs(golden, step, (timesteps) => timestepSinusoid(timesteps, wan.freq_dim)),
    };
  }
  const options = { batch, positions: positionsOf(golden), textLength, masked: true, dtype };
  return {
    graph: buildTransformerGraph(parseLtxTransformerConfig(config, golden.name), options).graph,
    streams,
    inputs: { encoder_hidden_states: text.data, encoder_attention_mask: floatInput(golden, 'encoder_attention_mask').data },
    stepInputs: (step) => flowInputs(golden, step, timestepInput),
  };
}

const ltx2Params = z.object({
  use_cross_timestep: z.boolean(),
  kwargs: z.object({ num_frames: z.number(), height: z.number(), width: z.number(), fps: z.number(), audio_num_frames: z.number() }),
});

/** Picture and sound: tokens that count nothing for the loss are given, at noise level 0; those of the sound in cases that say which count. */
function ltx2TransformerOf(golden: ModelCase, dtype: 'f32' | 'f16'): CaseTransformer {
  const config = parseLtx2TransformerConfig(componentConfig(golden, 'model'), golden.name);
  const { use_cross_timestep: crossTimestep, kwargs } = caseParams(golden, ltx2Params);
  const { num_frames: frames, height, width, fps, audio_num_frames: audioFrames } = kwargs;
  const text = floatInput(golden, 'encoder_hidden_states');
  const [batch, textLength] = text.shape;
  const mask = floatInput(golden, 'encoder_attention_mask').data;
  const counts = floatInput(golden, 'loss_weight').data;
  const audioCounts = golden.inputs.has('audio_loss_weight') ? floatInput(golden, 'audio_loss_weight').data : undefined;
  const inThousands = (levels: Float32Array): Float32Array => levels.map((sigma) => 1000 * sigma);
  return {
    graph: buildLtx2TransformerGraph(config, {
      batch,
      positions: { video: { frames, height, width, fps }, audioFrames },
      textLength,
      timesteps: { video: 'token', audio: audioCounts === undefined ? 'sample' : 'token' },
      crossTimestep,
      dtype,
    }).graph,
    streams: [
      { output: 'sample', weighted: true },
      { output: 'audio_sample', weighted: audioCounts !== undefined },
    ],
    inputs: {
      encoder_hidden_states: text.data,
      encoder_attention_mask: mask,
      audio_encoder_hidden_states: floatInput(golden, 'audio_encoder_hidden_states').data,
      audio_encoder_attention_mask: mask,
      loss_weight: counts,
      ...(audioCounts === undefined ? {} : { audio_loss_weight: audioCounts }),
    },
    stepInputs(step) {
      const [levels, audioLevels] = ['', 'audio_'].map((prefix) => ofStep(golden, `${prefix}sigmas`, step, batch));
      const ofTokens = (weights: Float32Array, ofSamples: Float32Array): Float32Array =>
        weights.map((count, token) => count * ofSamples[Math.floor((token * batch) / weights.length)]);
      const tokenLevels = ofTokens(counts, levels);
      const audioTokenLevels = audioCounts === undefined ? audioLevels : ofTokens(audioCounts, audioLevels);
      const video = mixed(golden, step, '', tokenLevels);
      const audio = mixed(golden, step, 'audio_', audioTokenLevels);
      const timesteps = {
        video: { tokens: inThousands(tokenLevels), sample: inThousands(levels) },
        audio: { tokens: inThousands(audioTokenLevels), sample: inThousands(audioLevels) },
      };
      return {
        hidden_states: video.noisy,
        target: video.target,
        audio_hidden_states: audio.noisy,
        audio_target: audio.target,
        ...ltx2TimestepInputs(config, timesteps, { crossTimestep }),
      };
    },
  };
}

/** Values of one step out of an input that has those of all. */
function ofStep(golden: ModelCase, name: string, step: number, count: number): Float32Array {
  return floatInput(golden, name).data.subarray(step * count, (step + 1) * count);
}

/** Latents mixed with a step's noise by their levels, of which each is for as many in a row, and the velocity. */
function mixed(
  golden: ModelCase,
  step: number,
  prefix: '' | 'audio_',
  levels: Float32Array,
): { readonly noisy: Float32Array; readonly target: Float32Array } {
  const latents = floatInput(golden, `${prefix}latents`).data;
  const noise = ofStep(golden, `${prefix}noise_samples`, step, latents.length);
  const levelOf = (k: number): number => levels[Math.floor((k * levels.length) / latents.length)];
  return {
    noisy: latents.map((value, k) => (1 - levelOf(k)) * value + levelOf(k) * noise[k]),
    target: latents.map((value, k) => noise[k] - value),
  };
}

async function subjectOf(golden: ModelCase, dtype: 'f32' | 'f16'): Promise<Subject> {
  const transformer = transformerOf(golden, dtype);
  const { graph, inputs } = transformer;
  const base = await golden.openWeights('model');
  if (golden.recipe === 'train_full') {
    return { ...transformer, trainable: new Map(parameterNames(graph).map((name) => [name, name])), read: (name) => base.read(name) };
  }
  const { rank, alpha, targets } = caseParams(golden, loraParams);
  const weights = parameterNames(graph).filter((name) => targets.some((target) => name.endsWith(`.${target}.weight`)));
  const trainable = new Map<string, string>();
  for (const weight of weights) {
    for (const name of [lowRankNames.down(weight, adapter), lowRankNames.up(weight, adapter)])
      trainable.set(name, name.replace(`.${adapter}.`, '.'));
  }
  const adapters = await golden.openWeights('lora');
  return {
    ...transformer,
    graph: addLowRankBranches(graph, [{ name: adapter, ranks: new Map(weights.map((weight) => [weight, rank])) }]),
    inputs: { ...inputs, [lowRankNames.scale(adapter)]: Float32Array.of(alpha / rank) },
    trainable,
    read: (name) => {
      const known = trainable.get(name);
      return known === undefined ? base.read(name) : adapters.read(known);
    },
  };
}

/** Inputs of one step of flow matching: noisy latents, their timesteps and the velocity to predict. */
function flowInputs(golden: ModelCase, step: number, sinusoid: (timesteps: Float32Array) => Float32Array): Record<string, Float32Array> {
  const sigmas = ofStep(golden, 'sigmas', step, floatInput(golden, 'latents').shape[0]);
  const { noisy, target } = mixed(golden, step, '', sigmas);
  return { hidden_states: noisy, timestep_sinusoid: sinusoid(sigmas.map((sigma) => 1000 * sigma)), [trainingNames.target]: target };
}
