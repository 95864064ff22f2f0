import { describe, expect, it } from 'vitest';
import { add, conv1d, evaluateGraph, geluTanh, linear, Tracer, updatedName, updatesAsOutputs, type Graph } from '../graph';
import { relativeError, testContext, testValues } from '../graph/testing';
import { adamWInputs, Trainer, trainingStepGraph } from '.';

const optimizer = { betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.01 } as const;

/** A convolution, whose weight is reordered, and two dense layers. */
function model(dtype: 'f32' | 'f16'): Graph {
  const tracer = new Tracer({ dtype });
  const x = tracer.input('x', [2, 6, 4], 'f32');
  const convolved = conv1d(x, tracer.parameter('conv.weight', [8, 4, 3], { permute: [2, 1, 0] }), { padding: [1, 1] });
  const hidden = geluTanh(add(convolved, tracer.parameter('conv.bias', [8])));
  const first = linear(hidden, tracer.parameter('first.weight', [8, 8]), tracer.parameter('first.bias', [8]));
  tracer.output('y', add(linear(first, tracer.parameter('last.weight', [3, 8])), 0, 'f32'));
  return tracer.finish();
}

const names = ['conv.weight', 'conv.bias', 'first.weight', 'first.bias', 'last.weight'];
const sizes: Readonly<Record<string, number>> = {
  'conv.weight': 96,
  'conv.bias': 8,
  'first.weight': 64,
  'first.bias': 8,
  'last.weight': 24,
};
const read = (name: string): Float32Array => testValues(sizes[name], names.indexOf(name) + 1).map((value) => value / 2);
const batch = (step: number) => ({ x: testValues(48, 10 + step), target: testValues(36, 20 + step) });

describe('a trainer', () => {
  it('keeps weights and moments on the device, and they are those of the reference', async () => {
    const step = trainingStepGraph(model('f32'), { prediction: 'y', trainable: names, optimizer, clip: 1 });
    const state = new Map(names.map((name) => [name, read(name)]));
    const trainer = await Trainer.create(step, optimizer, await testContext(), read);
    try {
      const stateless = updatesAsOutputs(step);
      const inputs: Record<string, Float32Array> = {};
      for (const [name, id] of step.inputs)
        if (step.updates.has(id)) inputs[name] = new Float32Array(sizes[name.replace(/^adamw\.\w+\./, '')]);
      for (let k = 0; k < 3; k++) {
        const report = await trainer.train(batch(k), 0.01);
        const all = { ...inputs, ...batch(k), ...adamWInputs(optimizer, k + 1, 0.01) };
        const expected = await evaluateGraph(stateless, all, (name) => state.get(name) ?? new Float32Array());
        expect(report.loss).toBeCloseTo(expected.get('loss')?.data[0] ?? Number.NaN, 5);
        expect(report.gradientNorm).toBeCloseTo(expected.get('gradient_norm')?.data[0] ?? Number.NaN, 4);
        for (const name of Object.keys(inputs)) inputs[name] = Float32Array.from(expected.get(updatedName(name))?.data ?? []);
        for (const name of names.slice(1)) state.set(name, Float32Array.from(expected.get(updatedName(name))?.data ?? []));
        // The graph reads this one in another order: [8, 4, 3] as [3, 4, 8].
        const reordered = expected.get(updatedName('conv.weight'))?.data ?? new Float32Array(96);
        state.set(
          'conv.weight',
          Float32Array.from({ length: 96 }, (_, i) => reordered[(i % 3) * 32 + (Math.floor(i / 3) % 4) * 8 + Math.floor(i / 12)]),
        );
        for (const name of names) expect(relativeError(await trainer.parameter(name), state.get(name) ?? []), name).toBeLessThan(1e-5);
      }
      expect(trainer.step).toBe(3);
    } finally {
      trainer.destroy();
    }
  });

  it('learns with weights in f16 and masters in f32', async (test) => {
    const context = await testContext();
    if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
    const step = trainingStepGraph(model('f16'), { prediction: 'y', trainable: names, optimizer });
    const trainer = await Trainer.create(step, optimizer, context, read);
    try {
      const losses: number[] = [];
      for (let k = 0; k < 30; k++) losses.push((await trainer.train(k === 0 ? batch(0) : {}, 0.01)).loss);
      expect(losses[29]).toBeLessThan(losses[0] / 2);
    } finally {
      trainer.destroy();
    }
  });
});
