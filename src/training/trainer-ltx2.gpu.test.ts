import { describe, expect, it } from 'vitest';
import { runGraph, type EncodingOf } from '../graph';
import { testContext } from '../graph/testing';
import { readModelCase, relativeError } from '../models/testing/golden';
import { Trainer, verifyTrainingCase, type StepReport, type TrainerOptions } from '.';
import { storedGradientGraph } from './stored-graphs';
import { openTrainingCase } from './training-case';

/** LTX-2, picture and sound, as `aiprod train` keeps it on a device. */

const { golden, tolerance } = readModelCase('models/train_ltx2_lora');

/** The case's steps by a trainer: what each reports, and what is trained by its name in the case. */
async function train(dtype: 'f32' | 'f16', own: Partial<TrainerOptions>) {
  const { graph, options, steps, learningRate, trainable, read, inputs } = await openTrainingCase(golden, dtype);
  const trainer = await Trainer.create(graph, { ...options, ...own }, await testContext(), read);
  try {
    const reports: StepReport[] = [];
    for (let k = 0; k < steps; k++) reports.push(await trainer.train({ inputs: inputs(k) }, learningRate));
    const updated = new Map<string, Float32Array>();
    for (const [name, known] of trainable) updated.set(`updated.${known}`, await trainer.parameter(name));
    return { reports, updated, step: trainer.step };
  } finally {
    trainer.destroy();
  }
}

/** Checks what a trainer gave against the reference. */
function expectReference({ reports, updated }: Awaited<ReturnType<typeof train>>, within: number): void {
  const losses = reports.map(({ loss }) => loss);
  expect(relativeError(losses, golden.outputs.get('losses')?.data ?? [])).toBeLessThan(within);
  const gradients = [...golden.outputs].flatMap(([name, { data }]) => (name.startsWith('grad.') ? Array.from(data, Number) : []));
  expect(Math.abs(reports[0].gradientNorm / Math.hypot(...gradients) - 1)).toBeLessThan(within);
  expect(updated.size).toBeGreaterThan(50);
  for (const [name, values] of updated) expect(relativeError(values, golden.outputs.get(name)?.data ?? []), name).toBeLessThan(within);
}

describe('an adapter of LTX-2', () => {
  it('learns in f16, with a scaled loss, what the reference does, f16', async (test) => {
    const context = await testContext();
    if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
    const checks = await verifyTrainingCase(golden, (graph, inputs, read) => runGraph(context, graph, inputs, read), { dtype: 'f16' });
    for (const { name, actual, expected } of checks) expect.soft(relativeError(actual, expected.data), name).toBeLessThan(tolerance.f16);
    const scaled = await train('f16', { lossScaling: {} });
    expect(scaled.step).toBe(3);
    expectReference(scaled, tolerance.f16);
  });

  it('learns over a base in int8, itself in bfloat16', async () => {
    const frozen: EncodingOf = () => ({ encoding: 'int8' });
    const own = { frozen, storage: 'bf16', seed: 1 } as const;
    const { graph, options } = await openTrainingCase(golden, 'f32');
    const kept = storedGradientGraph(graph, { ...options, ...own }, false).nodes.map(({ encoding }) => encoding?.encoding);
    expect(kept.filter((encoding) => encoding === 'int8').length).toBeGreaterThan(50);
    expect(kept.filter((encoding) => encoding === 'bf16')).toHaveLength(options.trainable.length);
    expectReference(await train('f32', own), 0.05);
  });
});
