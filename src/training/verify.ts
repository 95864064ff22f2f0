import { z } from 'zod';
import { compareOutputs, floatInput, type Comparison } from '../golden';
import { addLowRankBranches, lowRankNames, plainestCapabilities, type Graph, type ParameterReader } from '../graph';
import {
  buildTransformerGraph,
  buildWanTransformerGraph,
  caseParams,
  componentConfig,
  parameterNames,
  parseLtxTransformerConfig,
  parseWanTransformerConfig,
  positionsOf,
  timestepInput,
  type GraphRunner,
  type ModelCase,
} from '../models';
import { timestepSinusoid } from '../numeric/timestep-embedding';
import { inFileOrder, StatelessTraining } from './stateless-training';
import { trainingNames } from './training-graphs';

const recipes: ReadonlySet<string> = new Set(['train_full', 'train_lora']);
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

/** Whether {@link verifyTrainingCase} knows the case's recipe. */
export function verifiesTrainingCase({ recipe }: ModelCase): boolean {
  return recipes.has(recipe);
}

/** A transformer that a case trains. */
interface CaseTransformer {
  readonly graph: Graph;
  /** The text. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly sinusoid: (timesteps: Float32Array) => Float32Array;
}

/** What is trained: a graph, its parameters by name with the names of the case's files, and inputs that stay. */
interface Subject extends CaseTransformer {
  /** By the graph's parameter name, the name in the case. */
  readonly trainable: ReadonlyMap<string, string>;
  readonly read: ParameterReader;
}

/**
 * Recipes `train_full` and `train_lora`: some steps of AdamW on the flow-matching loss; gradients of the first step, losses of all, and
 * what is trained after the last. Between steps everything goes through the host, so that any runner will do.
 */
export async function verifyTrainingCase(
  golden: ModelCase,
  run: GraphRunner,
  { dtype = 'f32' }: { readonly dtype?: 'f32' | 'f16' } = {},
): Promise<Comparison[]> {
  const { steps, lr, betas, eps, weight_decay, clip, checkpointing } = caseParams(golden, paramsSchema);
  const subject = await subjectOf(golden, dtype);
  const { trainable } = subject;
  const training = new StatelessTraining(
    subject.graph,
    {
      prediction: 'sample',
      trainable: [...trainable.keys()],
      optimizer: { type: 'adamw', betas, eps, weightDecay: weight_decay },
      ...(clip === undefined ? {} : { clip }),
      // As much as can be; the plan is made for no device, and may hold halves.
      ...(checkpointing ? { memory: { bytes: 0, capabilities: { ...plainestCapabilities, f16: true } } } : {}),
      returns: ['sample'],
    },
    run,
    subject.read,
  );
  const actual = new Map<string, Float32Array>();
  const losses: number[] = [];
  for (let k = 0; k < steps; k++) {
    const step = await training.train({ ...subject.inputs, ...flowInputs(golden, k, subject.sinusoid) }, lr);
    losses.push(step.loss);
    if (k > 0) continue;
    actual.set('pred_step0', Float32Array.from(step.outputs.get('sample')?.data ?? []));
    if (clip !== undefined) actual.set('grad_norm_step0', Float32Array.of(step.gradientNorm));
    for (const [name, known] of trainable) actual.set(`grad.${known}`, inFileOrder(subject.graph, name, step.gradient(name)));
  }
  actual.set('losses', Float32Array.from(losses));
  for (const [name, known] of trainable) actual.set(`updated.${known}`, await training.parameter(name));
  return compareOutputs(golden, actual);
}

function transformerOf(golden: ModelCase, dtype: 'f32' | 'f16'): CaseTransformer {
  const config = componentConfig(golden, 'model');
  const text = floatInput(golden, 'encoder_hidden_states');
  const [batch, textLength] = text.shape;
  if (golden.classes.model === 'diffusers.WanTransformer3DModel') {
    const wan = parseWanTransformerConfig(config, golden.name);
    const [, , frames, height, width] = floatInput(golden, 'latents').shape;
    return {
      graph: buildWanTransformerGraph(wan, { batch, frames, height, width, textLength, dtype }).graph,
      inputs: { encoder_hidden_states: text.data },
      sinusoid: (timesteps) => timestepSinusoid(timesteps, wan.freq_dim),
    };
  }
  const options = { batch, positions: positionsOf(golden), textLength, masked: true, dtype };
  return {
    graph: buildTransformerGraph(parseLtxTransformerConfig(config, golden.name), options).graph,
    inputs: { encoder_hidden_states: text.data, encoder_attention_mask: floatInput(golden, 'encoder_attention_mask').data },
    sinusoid: timestepInput,
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
function flowInputs(golden: ModelCase, step: number, sinusoid: CaseTransformer['sinusoid']): Record<string, Float32Array> {
  const latents = floatInput(golden, 'latents');
  const count = latents.data.length;
  const noise = floatInput(golden, 'noise_samples').data.subarray(step * count, (step + 1) * count);
  const batch = latents.shape[0];
  const sigmas = floatInput(golden, 'sigmas').data.subarray(step * batch, (step + 1) * batch);
  const sigmaOf = (k: number): number => sigmas[Math.floor((k * batch) / count)];
  return {
    hidden_states: latents.data.map((value, k) => (1 - sigmaOf(k)) * value + sigmaOf(k) * noise[k]),
    timestep_sinusoid: sinusoid(sigmas.map((sigma) => 1000 * sigma)),
    [trainingNames.target]: latents.data.map((value, k) => noise[k] - value),
  };
}
