import { describe, expect, it } from 'vitest';
import { add, conv1d, evaluateGraph, geluTanh, linear, Tracer, type Graph } from '../graph';
import { relativeError, testContext, testValues } from '../graph/testing';
import { StatelessTraining, Trainer, type MicroBatch, type TrainerOptions } from '.';

/** A convolution, whose weight is reordered, and two dense layers. */
function model(dtype: 'f32' | 'f16', rows = 2): Graph {
  const tracer = new Tracer({ dtype });
  const x = tracer.input('x', [rows, 6, 4], 'f32');
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
const batch = (step: number, rows = 2): MicroBatch => ({
  inputs: { x: testValues(48, 10 + step).subarray(0, 24 * rows), target: testValues(36, 20 + step).subarray(0, 18 * rows) },
});
const options: TrainerOptions = {
  prediction: 'y',
  trainable: names,
  optimizer: { type: 'adamw', betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.01 },
  clip: 1,
};

async function training<Result>(settings: Partial<TrainerOptions>, use: (trainer: Trainer) => Promise<Result>, rows = 2): Promise<Result> {
  const trainer = await Trainer.create(model('f32', rows), { ...options, ...settings }, await testContext(), read);
  try {
    return await use(trainer);
  } finally {
    trainer.destroy();
  }
}

describe('a trainer', () => {
  it('keeps weights and moments on the device, and they are those of the reference', () =>
    training({}, async (trainer) => {
      const reference = new StatelessTraining(model('f32'), options, evaluateGraph, read);
      for (let k = 0; k < 3; k++) {
        const report = await trainer.train(batch(k), 0.01);
        const expected = await reference.train(batch(k).inputs, 0.01);
        expect(report.loss).toBeCloseTo(expected.loss, 5);
        expect(report.gradientNorm).toBeCloseTo(expected.gradientNorm, 4);
        for (const name of names) {
          expect(relativeError(await trainer.parameter(name), await reference.parameter(name)), name).toBeLessThan(1e-5);
        }
      }
      expect(trainer.step).toBe(3);
    }));

  it('learns with weights in f16 and masters in f32', async (test) => {
    const context = await testContext();
    if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
    const trainer = await Trainer.create(model('f16'), options, context, read);
    try {
      const losses: number[] = [];
      for (let k = 0; k < 30; k++) losses.push((await trainer.train(k === 0 ? batch(0) : { inputs: {} }, 0.01)).loss);
      expect(losses[29]).toBeLessThan(losses[0] / 2);
    } finally {
      trainer.destroy();
    }
  });

  it('sums batches of several shapes to what one large batch gives', async () => {
    const [{ inputs }, other] = [batch(0), { key: 'one row', graph: () => model('f32', 1) }];
    const part = (name: string, size: number, from: number): Float32Array =>
      Float32Array.from(inputs[name].subarray(size * from, size * (from + 1)));
    const halves = [0, 1].map((k): MicroBatch => ({ inputs: { x: part('x', 24, k), target: part('target', 18, k) }, shapes: other }));
    const whole = await training({}, async (trainer) => {
      const reports = [await trainer.train(batch(0), 0.01), await trainer.train(batch(0), 0.01)];
      return { reports, weights: await Promise.all(names.map((name) => trainer.parameter(name))) };
    });
    await training({}, async (trainer) => {
      for (const { loss, gradientNorm } of whole.reports) {
        const report = await trainer.train(halves, 0.01);
        expect(report.loss).toBeCloseTo(loss, 6);
        expect(report.gradientNorm).toBeCloseTo(gradientNorm, 5);
      }
      for (const [k, name] of names.entries())
        expect(relativeError(await trainer.parameter(name), whole.weights[k]), name).toBeLessThan(2e-6);
    });
  });

  it('goes on from a saved state to the same losses, bit for bit', async () => {
    const settings: Partial<TrainerOptions> = { average: { decay: 0.9 }, lossScaling: { growthInterval: 2 }, divergence: { window: 2 } };
    const straight = await training(settings, async (trainer) => {
      const losses: number[] = [];
      let state;
      for (let k = 0; k < 6; k++) {
        if (k === 3) state = await trainer.saveState();
        losses.push((await trainer.train(batch(k), 0.01)).loss);
      }
      return { losses, state, average: await trainer.averaged('first.weight'), last: await trainer.saveState() };
    });
    await training(settings, async (trainer) => {
      if (straight.state === undefined) throw new Error('nothing was saved');
      trainer.restoreState(straight.state);
      expect(trainer.step).toBe(3);
      for (let k = 3; k < 6; k++) expect((await trainer.train(batch(k), 0.01)).loss).toBe(straight.losses[k]);
      expect(await trainer.averaged('first.weight')).toEqual(straight.average);
      expect(await trainer.averaged('first.weight')).not.toEqual(await trainer.parameter('first.weight'));
      expect(await trainer.saveState()).toEqual(straight.last);
      const { tensors } = straight.state;
      expect(() => trainer.restoreState({ ...straight.last, tensors: new Map([...tensors].slice(1)) })).toThrow('of another training');
    });
    await training({}, async (trainer) => {
      if (straight.state !== undefined) expect(() => trainer.restoreState(straight.last)).toThrow('no loss scale');
    });
  });

  it('leaves the state as it was where the loss or gradients are not finite', async () => {
    const broken: MicroBatch = { inputs: { ...batch(0).inputs, target: new Float32Array(36).fill(Number.NaN) } };
    await training({}, async (trainer) => {
      await trainer.train(batch(0), 0.01);
      const before = await trainer.saveState();
      await expect(trainer.train(broken, 0.01)).rejects.toThrow('the loss of step 2 is not a finite number');
      expect(await trainer.saveState()).toEqual(before);
    });
    // A scale of 2^126 overflows f32, one of 2^110 does not: halved until it fits, then steps are taken.
    await training({ lossScaling: { initialScale: 2 ** 127, backoffFactor: 2 ** -10 } }, async (trainer) => {
      const before = await trainer.saveState();
      const skipped = await trainer.train(batch(0), 0.01);
      expect(skipped).toMatchObject({ skipped: true, lossScale: 2 ** 127 });
      expect((await trainer.saveState()).tensors).toEqual(before.tensors);
      expect(trainer.step).toBe(0);
      let report = skipped;
      while (report.skipped === true) report = await trainer.train(batch(0), 0.01);
      expect(report.lossScale).toBeLessThan(2 ** 127);
      const plain = await training({}, async (other) => {
        await other.train(batch(0), 0.01);
        return other.parameter('first.weight');
      });
      expect(relativeError(await trainer.parameter('first.weight'), plain)).toBeLessThan(1e-6);
    });
  });
});
