import { expect, it } from 'vitest';
import { evaluateNode, geluTanh, linear, Tracer, type Graph } from '../graph';
import { relativeError, testContext, testValues } from '../graph/testing';
import { Trainer, type TrainerOptions } from '.';

function model(): Graph {
  const tracer = new Tracer();
  const hidden = geluTanh(
    linear(tracer.input('x', [8, 10]), tracer.parameter('first.weight', [12, 10]), tracer.parameter('first.bias', [12])),
  );
  tracer.output('y', linear(hidden, tracer.parameter('last.weight', [3, 12])));
  return tracer.finish();
}

const sizes: Readonly<Record<string, number>> = { 'first.weight': 120, 'first.bias': 12, 'last.weight': 36 };
const trainable = Object.keys(sizes);
const read = (name: string): Float32Array => testValues(sizes[name], trainable.indexOf(name) + 1).map((value) => value / 2);
const batch = { inputs: { x: testValues(80, 7), target: testValues(24, 8) } };
const adamw = { type: 'adamw', betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0 } as const;

async function training<Result>(storage: Pick<TrainerOptions, 'storage'>, use: (trainer: Trainer) => Promise<Result>): Promise<Result> {
  const trainer = await Trainer.create(model(), { prediction: 'y', trainable, optimizer: adamw, ...storage }, await testContext(), read);
  try {
    return await use(trainer);
  } finally {
    trainer.destroy();
  }
}

it('matrices in bfloat16 learn by steps that are too small for it, and resume bit for bit', async () => {
  const rate = 2e-4;
  const losses = async (trainer: Trainer, count: number): Promise<number[]> => {
    const all: number[] = [];
    for (let k = 0; k < count; k++) all.push((await trainer.train(batch, rate)).loss);
    return all;
  };
  const plain = await training({}, (trainer) => losses(trainer, 20));
  const saved = await training({ storage: 'bf16' }, async (trainer) => {
    const first = await trainer.parameter('first.weight');
    expect(relativeError(first, read('first.weight'))).toBeLessThan(2 ** -8);
    const before = await losses(trainer, 10);
    const state = await trainer.saveState();
    expect(state.tensors.get('first.weight')).toMatchObject({ dtype: 'u32', shape: [12 * 6] });
    expect(state.tensors.get('first.bias')).toMatchObject({ dtype: 'f32' });
    const after = await losses(trainer, 10);
    const bits = new Uint32Array((await trainer.parameter('first.weight')).buffer);
    expect(bits.every((word) => (word & 0xffff) === 0)).toBe(true);
    return { before, state, after };
  });
  // What f32 gains in 20 steps of a twentieth of a bfloat16 step, bfloat16 gains too, to a tenth.
  const gained = saved.before[0] - saved.after[9];
  expect(Math.abs(gained / (plain[0] - plain[19]) - 1)).toBeLessThan(0.1);
  await training({ storage: 'bf16' }, async (trainer) => {
    trainer.restoreState(saved.state);
    expect(await losses(trainer, 10)).toEqual(saved.after);
  });
});

it('rounds at random to the two neighbours, the value on average', () => {
  const x = { shape: [64, 6], dtype: 'f32', data: new Float32Array(384).fill(1 + 2 ** -9) } as const;
  const seed = { shape: [2], dtype: 'u32', data: Uint32Array.of(3, 4) } as const;
  const node = { id: 2, operation: 'roundBf16', inputs: [0, 1], attributes: { stream: 1 }, label: 'round', shape: x.shape, dtype: x.dtype };
  const { data } = evaluateNode(node, [x, seed]);
  expect([...new Set(data)].sort()).toEqual([1, 1 + 2 ** -7]);
  expect(data.filter((value) => value > 1).length / 384).toBeCloseTo(0.25, 1);
});
