import { compareOutputs, type Comparison } from '../golden';
import { plainestCapabilities } from '../graph';
import type { GraphRunner, ModelCase } from '../models';
import { inFileOrder, StatelessTraining } from './stateless-training';
import { openTrainingCase } from './training-case';

const recipes: ReadonlySet<string> = new Set(['train_full', 'train_lora']);

/** Whether {@link verifyTrainingCase} knows the case's recipe. */
export function verifiesTrainingCase({ recipe }: ModelCase): boolean {
  return recipes.has(recipe);
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
  const { graph, options, steps, learningRate, checkpointing, outputs, trainable, read, inputs } = await openTrainingCase(golden, dtype);
  const training = new StatelessTraining(
    graph,
    {
      ...options,
      // As much as can be; the plan is made for no device, and may hold halves.
      ...(checkpointing ? { memory: { bytes: 0, capabilities: { ...plainestCapabilities, f16: true } } } : {}),
      returns: outputs,
    },
    run,
    read,
  );
  const actual = new Map<string, Float32Array>();
  const losses: number[] = [];
  for (let k = 0; k < steps; k++) {
    const step = await training.train(inputs(k), learningRate);
    losses.push(step.loss);
    if (k > 0) continue;
    for (const output of outputs)
      actual.set(`${output.replace('sample', 'pred')}_step0`, Float32Array.from(step.outputs.get(output)?.data ?? []));
    if (options.clip !== undefined) actual.set('grad_norm_step0', Float32Array.of(step.gradientNorm));
    for (const [name, known] of trainable) actual.set(`grad.${known}`, inFileOrder(graph, name, step.gradient(name)));
  }
  actual.set('losses', Float32Array.from(losses));
  for (const [name, known] of trainable) actual.set(`updated.${known}`, await training.parameter(name));
  return compareOutputs(golden, actual);
}
